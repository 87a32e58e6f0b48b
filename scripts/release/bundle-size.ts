const packageOrRoom = /node_modules\/(?:.*node_modules\/)?((?:@[^/]+\/)?[^/]+)|^src\/(lib\/[^/]+|[^/]+)/

/** What the program weighs beside its runtime, and where that comes from: by package and room, and by chunk. */
export function sizeTable(built: {
  readonly name: string
  readonly metafile: Bun.BuildMetafile
  /** Bytes, as of `runtime`. */
  readonly program: number
  readonly runtime: number
}): string {
  const outputs = Object.entries(built.metafile.outputs)
  const parts = new Map<string, number>()
  for (const [, { inputs }] of outputs)
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, packageName, room] = packageOrRoom.exec(path) ?? []
      const part = packageName ?? room ?? path
      parts.set(part, (parts.get(part) ?? 0) + bytesInOutput)
    }
  const chunks = outputs.map(([path, { bytes, inputs }]): [string, number] => [`${path} ${largest(inputs)}`, bytes])
  const source = chunks.reduce((sum, [, bytes]) => sum + bytes, 0)
  return [
    'source by package and room, minified:',
    ...rows([...parts], 15),
    'source by chunk, with its largest module:',
    ...rows(chunks, 15),
    `${built.name}: ${mega(built.program)} MB = runtime ${mega(built.runtime)} MB + ${mega(built.program - built.runtime)} MB, of which ${mega(source)} MB source in ${outputs.length} chunks, the rest its bytecode`,
    '',
  ].join('\n')
}

const largest = (inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>): string =>
  Object.entries(inputs).sort(([, one], [, other]) => other.bytesInOutput - one.bytesInOutput)[0]?.[0] ?? ''

function rows(parts: readonly (readonly [string, number])[], most: number): string[] {
  const sorted = parts.toSorted(([, one], [, other]) => other - one)
  const rest = sorted.slice(most)
  const left = rest.reduce((sum, [, bytes]) => sum + bytes, 0)
  const shown = rest.length > 0 ? [...sorted.slice(0, most), [`${rest.length} more`, left] as const] : sorted
  return shown.map(([name, bytes]) => `${(bytes / 1000).toFixed(1).padStart(8)} kB  ${name}`)
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(2)
