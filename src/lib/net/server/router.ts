import { Refusal } from './refusal.ts'
import type { Handler, Right, ServerRequest } from './server-request.ts'
import type { ServerResponse } from './server-response.ts'

/** The values of the named parts of a path: `/api/v1/checks/:name` has `name`. */
export type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [Key in Name]: string } & PathParams<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [Key in Name]: string }
    : Readonly<Record<never, string>>

interface RouteOf<Path extends string> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: Path
  /** Absent: `read` for GET, `change` for the others. `nothing` for what everybody may ask, such as whether we live. */
  readonly needs?: Right | 'nothing'
  handler(request: ServerRequest, params: PathParams<Path>): Promise<ServerResponse>
}

/** One way into a server. */
export interface Route {
  readonly method: string
  readonly segments: readonly string[]
  readonly needs: Right | 'nothing'
  answer(request: ServerRequest, values: ReadonlyMap<string, string>): Promise<ServerResponse>
}

/** Keeps the names in the path as types for its handler. */
export function route<Path extends string>({ method, path, needs, handler }: RouteOf<Path>): Route {
  return {
    method,
    segments: path.split('/').filter(part => part !== ''),
    needs: needs ?? (method === 'GET' ? 'read' : 'change'),
    // The names are those of the path, so the values are all there.
    answer: (request, values) => handler(request, Object.fromEntries(values) as PathParams<Path>),
  }
}

/** The first route that fits answers. GET answers HEAD; what fits no method is 405 with those that would. */
export function routes(all: readonly Route[]): Handler {
  return async request => {
    const fitting = all.flatMap(candidate => {
      const values = valuesOf(candidate.segments, request.segments)
      return values ? [{ candidate, values }] : []
    })
    if (fitting.length === 0) throw new Refusal(404, `there is nothing at ${request.path}`)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const found = fitting.find(({ candidate }) => candidate.method === method)
    if (found) {
      if (found.candidate.needs !== 'nothing') await request.demand(found.candidate.needs)
      return found.candidate.answer(request, found.values)
    }
    const allow = allowed(fitting.map(({ candidate }) => candidate.method))
    if (request.method === 'OPTIONS') return { status: 204, headers: { allow } }
    throw new Refusal(405, `${request.path} does not take ${request.method}`, { headers: { allow } })
  }
}

function valuesOf(pattern: readonly string[], segments: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const values = new Map<string, string>()
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith(':')) values.set(part.slice(1), segment)
    else if (part !== segment) return undefined
  }
  return values
}

function allowed(methods: readonly string[]): string {
  const all = new Set(methods.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])))
  return [...all, 'OPTIONS'].join(', ')
}
