import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { cableNumber } from './cable-number.ts'

const run = promisify(execFile)

/** A network of its own, joined to this machine's by one cable that a test can cut. */
export interface Netns extends AsyncDisposable {
  readonly name: string
  /** The address of this machine on the cable. */
  readonly outside: string
  /** The address inside. */
  readonly inside: string
  /** Put before a program to run it inside. */
  readonly argv: readonly string[]
  /** Loses every packet, both ways; neither side is told. */
  cut(): Promise<void>
  mend(): Promise<void>
  remove(): Promise<void>
}

/** Makes a namespace with two addresses of 198.18.0.0/16, kept for tests (RFC 2544). Ask `needs('root', 'netns')` first. */
export async function makeNetns(): Promise<Netns> {
  const number = cableNumber()
  const name = `opsctl-${number}`
  const block = number * 4
  const address = (host: number): string => `198.18.${block >> 8}.${(block & 255) + host}`
  const [outer, inner] = [`ops${number}a`, `ops${number}b`]
  const inNetns = ['ip', 'netns', 'exec', name]
  const ip = (line: string) => run('ip', line.split(' '))
  const remove = async (): Promise<void> => {
    // The namespace lives on while a process is in it, so the cable goes first.
    await ip(`link delete ${outer}`)
    await ip(`netns delete ${name}`)
  }
  await ip(`netns add ${name}`)
  try {
    await ip(`link add ${outer} type veth peer name ${inner} netns ${name}`)
    await ip(`address add ${address(1)}/30 dev ${outer}`)
    await ip(`link set ${outer} up`)
    await ip(`-n ${name} address add ${address(2)}/30 dev ${inner}`)
    await ip(`-n ${name} link set ${inner} up`)
    await ip(`-n ${name} link set lo up`)
  } catch (error) {
    await ip(`netns delete ${name}`)
    throw error
  }
  // A wrong neighbour entry loses every packet without any sign of it, unlike a link that is down.
  const blind = (device: string, to: string) => `neighbour replace ${to} lladdr 02:00:00:00:00:01 nud permanent dev ${device}`
  return {
    name,
    outside: address(1),
    inside: address(2),
    argv: inNetns,
    cut: async () => {
      await ip(blind(outer, address(2)))
      await ip(`-n ${name} ${blind(inner, address(1))}`)
    },
    mend: async () => {
      await ip(`neighbour delete ${address(2)} dev ${outer}`)
      await ip(`-n ${name} neighbour delete ${address(1)} dev ${inner}`)
    },
    remove,
    [Symbol.asyncDispose]: remove,
  }
}
