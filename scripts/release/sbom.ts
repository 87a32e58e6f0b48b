import { createHash } from 'node:crypto'
import type { Ingredient } from './contents.ts'
import type { Target } from './packaging.ts'
import type { RuntimePart } from './runtime-parts.ts'

/**
 * CycloneDX 1.6 of one program: itself, its runtime with what that links, and every package inside. Nothing in it depends on when or
 * where it was made.
 */
export function sbom(of: {
  readonly version: string
  readonly target: Target
  readonly runtime: { readonly version: string; readonly integrity: string; readonly parts: readonly RuntimePart[] }
  readonly ingredients: readonly Ingredient[]
}): string {
  const program = `pkg:generic/opsctl@${of.version}?arch=${of.target.cpu}&os=${of.target.os}${of.target.musl ? '&libc=musl' : ''}`
  const { parts, ...pinned } = of.runtime
  const runtime = component({ name: of.target.runtime, ...pinned, licence: 'MIT' })
  const linked = parts.map(part => linkedComponent(runtime.purl, part))
  const components = [{ ...runtime, components: linked }, ...of.ingredients.map(component)]
  const body = {
    metadata: {
      component: {
        type: 'application',
        'bom-ref': program,
        name: 'opsctl',
        version: of.version,
        purl: program,
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components,
    dependencies: [
      { ref: program, dependsOn: components.map(({ purl }) => purl) },
      { ref: runtime.purl, dependsOn: linked.map(part => part['bom-ref']) },
    ],
  }
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
    ...body,
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function component({ name, version, licence, integrity }: Ingredient) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  const [, group, rest] = /^(@[^/]+)\/(.+)$/.exec(name) ?? []
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group !== undefined && { group }),
    name: rest ?? name,
    version,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: licences(licence),
    purl,
  }
}

/** An SPDX identifier or expression, else words. */
function licences(licence: string) {
  if (/ (OR|AND|WITH) /.test(licence)) return [{ expression: licence }]
  return [{ license: licence.includes(' ') ? { name: licence } : { id: licence } }]
}

const linkedComponent = (runtime: string, { name, licence, source, version }: RuntimePart) => ({
  type: 'library',
  'bom-ref': `${runtime}#${encodeURIComponent(name)}`,
  name,
  ...(version !== undefined && { version }),
  licenses: licences(licence),
  externalReferences: [{ type: 'vcs', url: source }],
})

/** A UUID of version 8, made from the content. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`
}
