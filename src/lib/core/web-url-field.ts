import { z } from 'zod'

interface WebUrl {
  /** The usual one last. */
  readonly schemes: readonly string[]
  /** What it is the URL of, for messages. */
  readonly what: string
  /** The key for what lets us in. */
  readonly credentials: string
}

/** A URL of one of the schemes, without credentials. */
export const webUrlField = ({ schemes, what, credentials }: WebUrl) =>
  z.string().transform((value, context): URL | typeof z.NEVER => {
    const url = URL.parse(value)
    const problem =
      url === null || !schemes.includes(url.protocol.slice(0, -1))
        ? `is no ${what}: write ${schemes.at(-1)}://example.com/health`
        : url.username || url.password
          ? `holds credentials: put them under ${credentials}, as a file or a variable`
          : url.port === '0'
            ? 'has a port that there is not: they are 1 to 65535'
            : undefined
    if (url !== null && problem === undefined) return url
    context.issues.push({ code: 'custom', message: problem ?? '', input: value })
    return z.NEVER
  })
