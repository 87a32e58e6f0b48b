import { z } from 'zod'
import { OpsError } from '../core/errors.ts'
import { parsedBy } from '../core/fields.ts'
import { parts, type VersionOrder } from './version-order.ts'

/** What a version must be: every comparison holds. */
export interface VersionWish {
  readonly text: string
  readonly comparisons: readonly { readonly sign: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly version: string }[]
}

export const versionWishField = () => z.string().transform(parsedBy(parseWish))

/** `1.18`, `>= 1.18`, `>= 1.18, < 2`. */
function parseWish(text: string): VersionWish {
  const comparisons = text.split(',').map(part => {
    const [, sign = '=', version] = /^\s*(=|!=|<=|<|>=|>)?\s*(?=\S*\d)([A-Za-z0-9][A-Za-z0-9.+~^:_-]*)\s*$/.exec(part) ?? []
    if (version === undefined)
      throw new OpsError('E_USAGE', `'${text}' is no version`, { hint: 'write 1.18, >= 1.18 or >= 1.18, < 2' })
    return { sign: sign as VersionWish['comparisons'][number]['sign'], version }
  })
  return { text, comparisons }
}

const holds = {
  '=': (order: number) => order === 0,
  '!=': (order: number) => order !== 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} satisfies Record<VersionWish['comparisons'][number]['sign'], (order: number) => boolean>

/** Epoch and revision of what is installed count only where the wish has them. */
export const fulfils = (installed: string, { comparisons }: VersionWish, order: VersionOrder): boolean =>
  comparisons.every(({ sign, version }) => holds[sign](order(likeWish(installed, version), version)))

function likeWish(installed: string, wish: string): string {
  const own = parts(installed)
  const withEpoch = wish.includes(':') ? `${own.epoch}:${own.version}` : own.version
  return parts(wish).revision === '' || own.revision === '' ? withEpoch : `${withEpoch}-${own.revision}`
}
