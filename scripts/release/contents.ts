import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { root } from './packaging.ts'
import { partsTable, type RuntimePart } from './runtime-parts.ts'

/** A package whose code is inside the program. */
export interface Ingredient {
  readonly name: string
  readonly version: string
  /** SPDX expression, as the package says. */
  readonly licence: string
  /** Text of its licence; absent where the package brings none. */
  readonly licenceText?: string
  /** `sha512-…` of package-lock.json, of the archive in the registry. */
  readonly integrity: string
}

const manifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  licenses: z.array(z.object({ type: z.string() })).optional(),
})

const lockFile = z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) })

/** The packages that gave at least one byte to the bundle. */
export function ingredients(metafile: Bun.BuildMetafile): Ingredient[] {
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [packageOf(path)] : [])),
  )
  const places = new Set(used.filter(place => place !== undefined))
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  return [...places].sort().map(place => {
    const integrity = packages[place]?.integrity
    if (integrity === undefined) throw new Error(`package-lock.json does not pin ${place}`)
    return { ...described(place), integrity }
  })
}

/** `node_modules/ora/node_modules/chalk` of a module of that package; the first node_modules may lie elsewhere. */
const packageOf = (path: string): string | undefined =>
  /(?:^|\/)(node_modules\/(?:@[^/]+\/)?[^/]+(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)*)\//.exec(path)?.[1]

function described(place: string): Omit<Ingredient, 'integrity'> {
  const directory = join(root, place)
  const { name, version, license, licenses } = manifest.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')))
  const file = readdirSync(directory).find(entry => /^licen[cs]e(\.md|\.txt)?$/i.test(entry))
  const licence = license ?? licenses?.map(({ type }) => type).join(' OR ')
  if (licence === undefined) throw new Error(`${place} does not name its licence`)
  return { name, version, licence, ...(file && { licenceText: readFileSync(join(directory, file), 'utf8').trim() }) }
}

/** One text with every licence, for people. */
export function licencesText(parts: readonly Ingredient[], ofRuntime: readonly RuntimePart[]): string {
  const terms = readFileSync(join(import.meta.dirname, 'runtime-licences.txt'), 'utf8').trim()
  const runtime = `${terms}\n\n${partsTable(ofRuntime)}`
  const each = parts.map(
    ({ name, version, licence, licenceText }) =>
      `${name} ${version} (${licence})\n\n${licenceText ?? `The package brings no text of its licence; it is named there as ${licence}.`}`,
  )
  const line = `\n\n${'-'.repeat(78)}\n\n`
  return `Software of others inside opsctl, and the terms it is given under.${line}${[runtime, ...each].join(line)}\n`
}
