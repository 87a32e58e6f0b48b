const newline = Buffer.from('\n')

/** An entry in systemd's export format, every second value in its binary form where `binary` says so. */
export function exported(fields: readonly (readonly [string, string | Uint8Array])[], binary = false): Buffer {
  const parts = fields.map(([name, value], index) => {
    const bytes = Buffer.from(value)
    const isPlain = !bytes.includes(10) && !(binary && index % 2 === 1)
    if (isPlain) return Buffer.concat([Buffer.from(`${name}=`), bytes, newline])
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(bytes.length))
    return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, newline])
  })
  return Buffer.concat([...parts, newline])
}

const boot = 'b0'.repeat(16)

/** One of a service, as journald would write it, so many seconds behind the first. */
export const entry = (seconds: number, message: string, more: readonly (readonly [string, string])[] = []): Buffer =>
  exported([
    ['__REALTIME_TIMESTAMP', `${1_741_500_301_000_000 + seconds * 1_000_000 + 42}`],
    ['__MONOTONIC_TIMESTAMP', `${1_000_000 + seconds * 1_000_000}`],
    ['_BOOT_ID', boot],
    ['_HOSTNAME', 'web1'],
    ['PRIORITY', '3'],
    ['SYSLOG_IDENTIFIER', 'shop'],
    ['_PID', '812'],
    ['_SYSTEMD_UNIT', 'shop.service'],
    ['MESSAGE', message],
    ...more,
  ])
