import { checkSignature } from './mach-o.ts'
import type { Target } from './packaging.ts'

/** Of elf.h: e_machine. */
const machines = { x64: 62, arm64: 183 } as const
/** Of machine.h of Darwin: cputype. */
const cpuTypes = { x64: 0x01000007, arm64: 0x0100000c } as const
const loaders = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' } as const
const muslLoaders = { x64: '/lib/ld-musl-x86_64.so.1', arm64: '/lib/ld-musl-aarch64.so.1' } as const

/**
 * Whether this is a program of the target: its machine, its loader or its signature. What cannot be run where it is made can at least
 * not be something else. @throws Error that says what it is instead
 */
export function checkProgram(program: Buffer, target: Target): void {
  if (target.os === 'darwin') checkMachO(program, target)
  else checkElf(program, target)
}

function checkMachO(program: Buffer, { name, cpu }: Target): void {
  const { wrongPages, isAdHoc } = checkSignature(program)
  if (program.readUInt32LE(4) !== cpuTypes[cpu]) throw new Error(`the program of ${name} is for another processor`)
  if (!isAdHoc || wrongPages > 0) throw new Error(`the signature of ${name} does not hold: ${wrongPages} pages differ`)
}

function checkElf(program: Buffer, { name, cpu, musl }: Target): void {
  if (program.readUInt32BE(0) !== 0x7f454c46) throw new Error(`the program of ${name} is no ELF`)
  if (program.readUInt16LE(18) !== machines[cpu]) throw new Error(`the program of ${name} is for another processor`)
  const loader = (musl ? muslLoaders : loaders)[cpu]
  const found = interpreter(program)
  if (found !== loader) throw new Error(`the program of ${name} asks for the loader ${found}, not ${loader}`)
}

/** Of the program header PT_INTERP. */
function interpreter(program: Buffer): string {
  const table = Number(program.readBigUInt64LE(32))
  const [size, count] = [program.readUInt16LE(54), program.readUInt16LE(56)]
  for (let index = 0; index < count; index++) {
    const header = table + index * size
    if (program.readUInt32LE(header) !== 3) continue
    const [offset, length] = [Number(program.readBigUInt64LE(header + 8)), Number(program.readBigUInt64LE(header + 32))]
    return program.toString('latin1', offset, offset + length - 1)
  }
  return 'none'
}
