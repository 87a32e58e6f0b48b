import { resolve } from 'node:path'
import { z } from 'zod'
import { defineSink } from '../../core/component.ts'
import { durationField, sizeField } from '../../core/fields.ts'
import { modeField } from '../../core/host-fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import { encodingField } from './encoded/record-encoding.ts'
import { FileName } from './file/file-name.ts'
import { openFileSink } from './file/open-file-sink.ts'

const params = z.strictObject({
  path: z.string().min(1).describe('where to write; the name of the file may have %Y, %m, %d, %H of the time'),
  mode: modeField().default('0600').describe('permission bits of new files'),
  directories: z.boolean().default(false).describe('make the directories of the path where they are missing, 0700'),
  size: sizeField().optional().describe('begin a new file when this one has so many bytes, looked at about every second'),
  every: z.enum(['hour', 'day']).optional().describe('begin a new file every hour or at midnight'),
  time: z.enum(['utc', 'local']).default('utc').describe('whose hours and days'),
  compress: z.enum(['none', 'gzip', 'zstd']).default('none').describe('what becomes of files that are done'),
  keep: z.int().min(1).optional().describe('how many files that are done are kept'),
  keep_for: durationField().optional().describe('how long files that are done are kept'),
  encoding: encodingField(),
})

/** Sends are small as long as writing keeps up; none is parted, so that the order of the file is that of the receipts. */
const limits = { bytes: 1024 ** 3, records: 1_000_000_000, underWay: 64 }

export default defineSink({
  type: 'file',
  version: '1.0.0',
  summary: 'JSON lines in a file of this machine, each once, also over kill -9 and power cuts',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { path: '/var/log/opsctl/records.ndjson', size: '1GiB', compress: 'zstd', keep: 7 },
  build(config) {
    const { path, mode, directories, size, every, time, compress, keep, keep_for, encoding } = parseParams(params, config)
    const wrong = FileName.fault(path)
    if (wrong) throw new ParamsError(wrong, { path: ['path'] })
    const nameIn = (cwd: string): FileName => new FileName(resolve(cwd, path), { time, every })
    const packed = compress === 'none' ? '' : compress === 'gzip' ? '.gz' : '.zst'
    return {
      title: path,
      limits,
      writesFiles(cwd) {
        const name = nameIn(cwd)
        const done = (size ?? every) === undefined ? name.at(0) : name.rolled(0, 0)
        return [name.at(0), done + packed]
      },
      open: place =>
        openFileSink(place, {
          name: nameIn(place.cwd),
          mode: Number.parseInt(mode, 8),
          makesDirectories: directories,
          maxBytes: size ?? Number.POSITIVE_INFINITY,
          compress,
          keep: keep ?? Number.POSITIVE_INFINITY,
          keepMs: keep_for ?? Number.POSITIVE_INFINITY,
          encoding,
        }),
    }
  },
})
