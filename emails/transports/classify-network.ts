// What a broken connection means, by Node's error codes. Whether the mail had been handed over decides more than the
// code: after that, any failure leaves open whether the provider has it.
import type { FailureCode } from "../failures";

const BY_CODE: Record<string, FailureCode> = {
  ECONNREFUSED: "connection_refused",
  ECONNRESET: "connection_lost",
  ECONNABORTED: "connection_lost",
  EPIPE: "connection_lost",
  ETIMEDOUT: "timeout",
  ENOTFOUND: "host_not_found",
  EAI_AGAIN: "host_not_found",
  EAI_FAIL: "host_not_found",
  EAI_NODATA: "host_not_found",
  EAI_NONAME: "host_not_found",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EPROTO: "tls_failed",
};

/** OpenSSL's and Node's codes for certificates and handshakes ("ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN"). */
const TLS_CODE = /^ERR_(TLS|SSL)_|CERT|^UNABLE_TO_|^CRL_|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)$/;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** True for a handshake or certificate that failed, as opposed to a connection that broke. */
export function isTlsError(error: unknown): boolean {
  return codeOf(error) === "EPROTO" || TLS_CODE.test(codeOf(error));
}

/**
 * The code of a connection that failed. `handedOver`: the provider may have the whole mail.
 * An error it does not know is a lost connection.
 */
export function classifyNetworkError(error: unknown, handedOver: boolean): FailureCode {
  if (handedOver) return "reply_lost";
  if (isTlsError(error)) return "tls_failed";
  return BY_CODE[codeOf(error)] ?? "connection_lost";
}
