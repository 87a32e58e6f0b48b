import { describe, expect, test } from 'bun:test'
import { DatagramListener, dropsIn } from '../../../src/lib/net/server/datagram-listener.ts'

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  512: 0100007F:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41733 2 00000000c2c8ad24 17
  600: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 20011 2 00000000c2c8ad25 4
`

describe('a port for datagrams', () => {
  test.each([
    [514, 17],
    [53, 4],
    [2, undefined],
  ])('knows from the table of the system what was dropped at %p', (port, drops) => {
    expect(dropsIn(table, port)).toBe(drops as never)
  })

  test('has no drops at first, and says where it listens', async () => {
    const listener = await DatagramListener.open({ host: '127.0.0.1', port: 0, take: () => {}, receiveBytes: 65_536 })
    expect([0, undefined]).toContain(await listener.drops())
    const { host, port } = listener.address
    expect(host).toBe('127.0.0.1')
    expect(port).toBeGreaterThan(0)
    const again = DatagramListener.open({ host: '127.0.0.1', port, take: () => {}, receiveBytes: 65_536 })
    await expect(again).rejects.toThrow(`could not listen on udp://127.0.0.1:${port}: EADDRINUSE`)
    await listener.close()
  })
})
