import { z } from 'zod'

/** A server as people write it. */
export interface ServerAddress {
  /** As it was written: `tcp://db1:5432`. */
  readonly href: string
  readonly scheme: string
  readonly host: string
  readonly port: number
  /** What stands after the slash, without it. */
  readonly resource: string
}

interface Form {
  readonly schemes: readonly string[]
  /** By scheme, where no port is written; it must be when absent. */
  readonly ports?: Readonly<Record<string, number>>
  /** What may follow after a slash. */
  readonly resource?: string
}

const form = /^([a-z]+):\/\/(?:\[([0-9a-f:.]+)\]|([^:/?#[\]@\s]+))(?::(\d{1,5}))?(?:\/([^\s]*))?$/i

/** `tcp://db1:5432` as text, its parts as the value. */
export const serverAddressField = ({ schemes, ports = {}, resource: wantedResource }: Form) => {
  const [scheme = ''] = schemes
  const usual = ports[scheme]
  const wanted = `${scheme}://host${usual === undefined ? ':port' : `[:${usual}]`}${wantedResource ? `[/${wantedResource}]` : ''}`
  return z
    .string()
    .transform((value, context): ServerAddress | typeof z.NEVER => {
      const [, given = '', address, name, written, resource = ''] = form.exec(value) ?? []
      const number = written === undefined ? ports[given.toLowerCase()] : Number(written)
      const problem = value.includes('@')
        ? 'holds a user: there is none to be'
        : !schemes.includes(given.toLowerCase()) || (resource !== '' && wantedResource === undefined)
          ? `is not of the form ${wanted}`
          : number === undefined
            ? `has no port: write ${wanted}`
            : number < 1 || number > 65_535
              ? 'has a port that there is not: they are 1 to 65535'
              : undefined
      if (problem === undefined && number !== undefined) {
        return { href: value, scheme: given.toLowerCase(), host: address ?? name ?? '', port: number, resource }
      }
      context.issues.push({ code: 'custom', message: problem ?? '', input: value })
      return z.NEVER
    })
    .describe(wanted)
}
