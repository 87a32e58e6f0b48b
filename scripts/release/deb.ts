import { createHash } from 'node:crypto'
import { fixedTime, type PackedFile, tarGz } from './archive.ts'

export interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** One line. */
  readonly summary: string
  /** Lines of at most 79 characters. */
  readonly description: readonly string[]
  readonly files: readonly PackedFile[]
  /** Of zlib. */
  readonly level?: number
}

/** A Debian package, deb(5): an ar archive of the format's version, the control files and the files. */
export async function debianPackage(of: DebianPackage): Promise<Buffer> {
  const bytes = of.files.reduce((sum, { content }) => sum + content.length, 0)
  const sums = of.files.map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`)
  const control = [
    `Package: ${of.name}`,
    `Version: ${of.version}`,
    `Architecture: ${of.architecture}`,
    // dpkg wants somebody here; there is no address to write to.
    'Maintainer: opsctl maintainers',
    `Installed-Size: ${Math.ceil(bytes / 1024)}`,
    'Depends: libc6 (>= 2.17)',
    'Recommends: openssh-client',
    'Section: admin',
    'Priority: optional',
    `Description: ${of.summary}`,
    ...of.description.map(line => ` ${line}`),
    '',
  ].join('\n')
  const controlFiles = [
    { path: 'control', content: control },
    { path: 'md5sums', content: sums.join('') },
  ]
  return ar([
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar.gz', await tarGz(controlFiles, { prefix: '.' })],
    [
      'data.tar.gz',
      await tarGz(of.files, { prefix: '.', directories: true, ...(of.level !== undefined && { level: of.level }) }),
    ],
  ])
}

/** ar(5) as dpkg reads it: a header of 60 bytes a member, members at even places. */
function ar(members: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const time = String(fixedTime.getTime() / 1000)
  const parts = members.flatMap(([name, content]) => {
    const header = `${name.padEnd(16)}${time.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`
    return [Buffer.from(header), content, Buffer.from(content.length % 2 === 1 ? '\n' : '')]
  })
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts])
}
