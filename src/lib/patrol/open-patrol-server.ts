import type { Context } from '../core/context.ts'
import { openFlaggedServer } from '../net/server/open-flagged-server.ts'
import type { OpenServer } from '../net/server/open-server.ts'
import type { Route } from '../net/server/router.ts'
import type { ServeOptions } from './options.ts'

/** A probe that Prometheus asks for may take its whole scrape, two minutes at most; milliseconds. */
const requestMs = 130_000

/** Answers where the flags say, to whom they say. @throws OpsError E_USAGE, E_CONFIG */
export const openPatrolServer = (context: Context, options: ServeOptions, routes: readonly Route[]): Promise<OpenServer> =>
  openFlaggedServer(context, options, { routes, limits: { requestMs } })
