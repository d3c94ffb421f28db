/** The last paragraph of a mail's plain text: what the link is good for, and the link. None without one. */
export function notMeText(consequence: string, url: string | undefined): string[] {
  return url === undefined ? [] : [`${consequence}\n${url}`];
}
