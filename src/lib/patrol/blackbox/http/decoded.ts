/** A part of a URL without its `%40`; as it is where they are none. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
