/** Codes of gRPC, by number (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md). */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

export const grpcStatusName = (code: number): string => names[code] ?? String(code)

/** A `grpc-message`, in which bytes stand as `%C3`; what is none stays as it is. */
export function grpcMessage(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

const maxDigits = 8

/** A deadline as `grpc-timeout`: `400m` are 400 milliseconds. */
export function grpcTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms))
  return String(whole).length <= maxDigits ? `${whole}m` : `${Math.min(10 ** maxDigits - 1, Math.ceil(whole / 1000))}S`
}
