import { describe, expect, test } from 'bun:test'
import sysctl from '../../../src/lib/plan/steps/sysctl.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { roundTrip } from '../round-trip.ts'
import { startSandbox } from '../sandbox.ts'

describe.skipIf(!needs('root', 'mount', 'netns'))('sysctl, in a network namespace', () => {
  test('sets a value, and a file for the next boot, and takes both back', async () => {
    await using directory = await tempDir()
    await using sandbox = await startSandbox({ directory: directory.path })
    for (const config of [
      { key: 'net.ipv4.ip_forward', value: 1, persist: true },
      { key: 'net.ipv4.tcp_rmem', value: '4096 65536 1048576' },
      { key: 'net/ipv4/conf/lo/forwarding', value: 1, persist: true },
    ]) {
      const path = `/proc/sys/${config.key.replaceAll('.', '/')}`
      await roundTrip({
        build: () => sysctl.build(config),
        place: sandbox.place,
        state: () => sandbox.sh(`cat ${path}; ls /etc/sysctl.d; cat /etc/sysctl.d/60*`),
      })
    }
  }, 60_000)

  test('tells of a setting that the kernel does not have, and of a value that it refuses', async () => {
    await using directory = await tempDir()
    await using sandbox = await startSandbox({ directory: directory.path })
    expect(sysctl.build({ key: 'net.ipv4.no_such', value: 1 }).capture(sandbox.place)).rejects.toThrow(
      /could not read net.ipv4.no_such: .*no_such/,
    )
    const step = sysctl.build({ key: 'net.ipv4.tcp_congestion_control', value: 'no-such' })
    const before = await step.capture(sandbox.place)
    await expect(step.do(sandbox.place, before)).rejects.toThrow(/could not set net.ipv4.tcp_congestion_control: /)
  }, 60_000)
})
