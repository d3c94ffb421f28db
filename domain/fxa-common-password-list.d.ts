// The packages bring no types.
declare module "fxa-common-password-list/src/encoded-passwords" {
  const encoded: string;
  export default encoded;
}

declare module "incremental-encoder" {
  type Encoder = { Decoder: new () => { decode(lines: string[]): string[] } };
  const encoder: Encoder | { default: Encoder };
  export default encoder;
}
