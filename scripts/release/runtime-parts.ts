/** A library that Bun links statically, hence part of every program. */
export interface RuntimePart {
  readonly name: string
  /** SPDX identifiers, or words where these do not do. */
  readonly licence: string
  readonly source: string
  /** A number, or a commit of its sources; absent where Bun does not tell. */
  readonly version?: string
}

/** As LICENSE.md of Bun and its `process.versions` name them; the key of the version there comes last. */
const parts: readonly (readonly [name: string, licence: string, source: string, versionKey?: string])[] = [
  ['JavaScriptCore (WebKit)', 'LGPL-2.1', 'https://github.com/oven-sh/webkit', 'webkit'],
  ['TinyCC', 'LGPL-2.1', 'https://github.com/tinycc/tinycc', 'tinycc'],
  ['BoringSSL', 'Apache-2.0, OpenSSL, ISC, MIT', 'https://boringssl.googlesource.com/boringssl/', 'boringssl'],
  ['brotli', 'MIT', 'https://github.com/google/brotli'],
  ['libarchive', 'BSD-2-Clause and others', 'https://github.com/libarchive/libarchive', 'libarchive'],
  ['llhttp', 'MIT', 'https://github.com/nodejs/llhttp', 'llhttp'],
  ['lol-html', 'BSD-3-Clause', 'https://github.com/cloudflare/lol-html', 'lolhtml'],
  ['ls-hpack', 'MIT', 'https://github.com/litespeedtech/ls-hpack', 'lshpack'],
  ['ls-qpack', 'MIT', 'https://github.com/litespeedtech/ls-qpack'],
  ['lsquic', 'MIT, BSD-3-Clause', 'https://github.com/litespeedtech/lsquic'],
  ['mimalloc', 'MIT', 'https://github.com/microsoft/mimalloc', 'mimalloc'],
  ['picohttpparser', 'MIT', 'https://github.com/h2o/picohttpparser', 'picohttpparser'],
  ['zstd', 'BSD-3-Clause', 'https://github.com/facebook/zstd', 'zstd'],
  ['simdutf', 'Apache-2.0', 'https://github.com/simdutf/simdutf'],
  ['highway', 'Apache-2.0', 'https://github.com/google/highway'],
  ['SQLite', 'public domain', 'https://sqlite.org/', 'sqlite'],
  ['uSockets', 'Apache-2.0', 'https://github.com/uNetworking/uSockets', 'usockets'],
  ['uWebSockets', 'Apache-2.0', 'https://github.com/uNetworking/uWebSockets', 'uwebsockets'],
  ['zlib-ng', 'Zlib', 'https://github.com/zlib-ng/zlib-ng', 'zlib'],
  ['c-ares', 'MIT', 'https://github.com/c-ares/c-ares', 'ares'],
  ['ICU', 'Unicode-3.0', 'https://github.com/unicode-org/icu', 'icu'],
  ['libbase64', 'BSD-2-Clause', 'https://github.com/aklomp/base64'],
  ['libdeflate', 'MIT', 'https://github.com/ebiggers/libdeflate', 'libdeflate'],
  ['libjpeg-turbo', 'IJG, BSD-3-Clause, Zlib', 'https://github.com/libjpeg-turbo/libjpeg-turbo'],
  ['libspng', 'BSD-2-Clause', 'https://github.com/randy408/libspng'],
  ['libwebp', 'BSD-3-Clause', 'https://github.com/webmproject/libwebp'],
  ['uucode', 'MIT', 'https://github.com/jacobsandlund/uucode'],
  ['libc++abi (one function)', 'Apache-2.0 WITH LLVM-exception', 'https://github.com/llvm/llvm-project'],
]

/**
 * What is inside the runtime that programs are compiled with. The runtime that builds is asked, since those of other platforms do not
 * start here: it has to be of the same version. @throws Error when it is not, or does not tell a version that it should
 */
export function runtimeParts(pinnedVersion: string): RuntimePart[] {
  const versions: Readonly<Record<string, string | undefined>> = process.versions
  if (versions['bun'] !== pinnedVersion)
    throw new Error(`this is Bun ${versions['bun']}, not ${pinnedVersion} that the programs get: run it by \`npm run release\``)
  return parts.map(([name, licence, source, versionKey]) => {
    if (versionKey === undefined) return { name, licence, source }
    const version = versions[versionKey]
    if (version === undefined) throw new Error(`Bun ${pinnedVersion} does not tell its version of ${name}`)
    return { name, licence, source, version }
  })
}

/** One line each, for people. */
export const partsTable = (of: readonly RuntimePart[]): string =>
  of.map(({ name, licence, source }) => `  ${name.padEnd(26)}${licence.padEnd(32)}${source}`).join('\n')
