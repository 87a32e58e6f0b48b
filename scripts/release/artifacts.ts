import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bashScript } from '../../src/lib/surface/completion/bash.ts'
import { fishScript } from '../../src/lib/surface/completion/fish.ts'
import { zshScript } from '../../src/lib/surface/completion/zsh.ts'
import { type PackedFile, tarGz } from './archive.ts'
import { ingredients, licencesText } from './contents.ts'
import { debianPackage } from './deb.ts'
import { platformPackage } from './npm.ts'
import { type Packaging, root, type Target } from './packaging.ts'
import { pinned } from './runtime.ts'
import { runtimeParts } from './runtime-parts.ts'
import { sbom } from './sbom.ts'

export interface Built {
  readonly config: Packaging
  readonly target: Target
  readonly metafile: Bun.BuildMetafile
  readonly program: Buffer
  readonly version: string
  readonly description: string
  /** Of zlib, for a test that does not wait. */
  readonly level?: number
}

/** What is offered of one target, by file name: the program in a tar, as a Debian package and for npm, and the list of its contents. */
export async function artifacts(built: Built): Promise<Map<string, string | Uint8Array>> {
  const { target, version, description, program } = built
  const level = built.level === undefined ? {} : { level: built.level }
  const parts = ingredients(built.metafile)
  const runtime = pinned(target)
  const ofRuntime = runtimeParts(runtime.version)
  const texts = {
    licence: readFileSync(join(root, 'LICENSE')),
    others: licencesText(parts, ofRuntime),
    contents: sbom({ version, target, runtime: { ...runtime, parts: ofRuntime }, ingredients: parts }),
  }
  const files = installedFiles(built, texts)
  const name = `opsctl-${version}-${target.name}`
  const made = new Map<string, string | Uint8Array>()
  made.set(`${name}.tar.gz`, await tarGz(files, { prefix: name, ...level }))
  made.set(`${name}.cdx.json`, texts.contents)
  made.set(
    `npm-${target.name}-${version}.tgz`,
    await platformPackage({ version, description, ...level }, target, [
      { path: 'bin/opsctl', content: program, executable: true },
      { path: 'LICENSE', content: texts.licence },
      { path: 'THIRD-PARTY-LICENSES.txt', content: texts.others },
    ]),
  )
  if (target.debian !== undefined)
    made.set(
      `opsctl_${version}_${target.debian}.deb`,
      await debianPackage({
        name: 'opsctl',
        version,
        architecture: target.debian,
        summary: 'see, collect from, change, secure and prove a fleet over SSH',
        description: readFileSync(join(import.meta.dirname, 'debian/description'), 'utf8')
          .trimEnd()
          .split('\n'),
        files: debianFiles(files),
        ...level,
      }),
    )
  return made
}

interface Texts {
  readonly licence: Buffer
  readonly others: string
  readonly contents: string
}

/** Below a prefix such as /usr/local or ~/.local. */
function installedFiles({ program, config }: Built, { licence, others, contents }: Texts): PackedFile[] {
  const pages = readdirSync(join(root, 'docs/man')).sort()
  return [
    { path: `bin/${config.program}`, content: program, executable: true },
    { path: 'share/bash-completion/completions/opsctl', content: bashScript },
    { path: 'share/zsh/site-functions/_opsctl', content: zshScript },
    { path: 'share/fish/vendor_completions.d/opsctl.fish', content: fishScript },
    { path: 'share/doc/opsctl/LICENSE', content: licence },
    { path: 'share/doc/opsctl/THIRD-PARTY-LICENSES.txt', content: others },
    { path: 'share/doc/opsctl/contents.cdx.json', content: contents },
    { path: 'share/doc/opsctl/record.proto', content: readFileSync(join(root, 'docs/proto/opsctl/logs/v1/record.proto')) },
    ...pages.map(page => ({ path: `share/man/man1/${page}`, content: readFileSync(join(root, 'docs/man', page)) })),
  ]
}

/** Debian has its own places for what no administrator installed by hand, its own copy of the licence, and compresses man pages. */
function debianFiles(files: readonly PackedFile[]): PackedFile[] {
  const text = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'debian', name))
  const moved = files
    .filter(({ path }) => !path.endsWith('/LICENSE'))
    .map(({ path, content, ...rest }) =>
      path.startsWith('share/man/')
        ? { path: `usr/${path}.gz`, content: gzipSync(content, { level: 9 }), ...rest }
        : { path: `usr/${path.replace('zsh/site-functions', 'zsh/vendor-completions')}`, content, ...rest },
    )
  const added = { 'usr/share/doc/opsctl/copyright': 'copyright', 'usr/share/lintian/overrides/opsctl': 'lintian-overrides' }
  return [...moved, ...Object.entries(added).map(([path, name]) => ({ path, content: text(name) }))]
}
