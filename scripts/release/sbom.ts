import { createHash } from 'node:crypto'
import type { Ingredient } from './contents.ts'
import type { Target } from './packaging.ts'

/** CycloneDX 1.6 of one program: itself, its runtime, and every package inside. Nothing in it depends on when or where it was made. */
export function sbom(of: {
  readonly version: string
  readonly target: Target
  readonly runtime: { readonly version: string; readonly integrity: string }
  readonly ingredients: readonly Ingredient[]
}): string {
  const program = `pkg:generic/opsctl@${of.version}?arch=${of.target.cpu}&os=${of.target.os}${of.target.musl ? '&libc=musl' : ''}`
  const runtime = {
    name: of.target.runtime,
    ...of.runtime,
    licence: 'MIT',
  }
  const components = [runtime, ...of.ingredients].map(component)
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
    dependencies: [{ ref: program, dependsOn: components.map(({ purl }) => purl) }],
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
  const isExpression = / (OR|AND|WITH) /.test(licence)
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group !== undefined && { group }),
    name: rest ?? name,
    version,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [isExpression ? { expression: licence } : { license: { id: licence } }],
    purl,
  }
}

/** A UUID of version 8, made from the content. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`
}
