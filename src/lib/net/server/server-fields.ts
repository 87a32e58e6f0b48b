import { z } from 'zod'

/** Flags of every server of opsctl that say how it may be reached, besides where. */
export const serverFields = {
  insecureListen: z.boolean().default(false).meta({
    group: 'Server',
    description: 'answer other machines without TLS: everybody on the way can read and change what is said',
  }),
  serverName: z.array(z.string()).default([]).meta({
    value: 'NAME',
    group: 'Server',
    description: 'a name by which clients call this server, besides those of --listen; may be repeated',
  }),
  tlsCert: z.string().optional().meta({ value: 'FILE', group: 'Server', completes: 'files', description: 'certificate (PEM)' }),
  tlsKey: z.string().optional().meta({ value: 'FILE', group: 'Server', completes: 'files', description: 'its key (PEM)' }),
}

/** Where, and to whom, a server answers: as the flags say. */
export interface ServerFlags {
  readonly listen: readonly string[]
  readonly insecureListen: boolean
  readonly serverName: readonly string[]
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
  readonly clientCa?: string | undefined
  readonly tokenFile?: string | undefined
  readonly readTokenFile?: string | undefined
}
