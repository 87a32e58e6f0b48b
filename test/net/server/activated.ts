import { activatedAddresses, formatAddress } from '../../../src/lib/net/server/listen-address.ts'
import { open } from './open.ts'

/** A server on the sockets that whoever started us opened. */
const server = await open({ listen: activatedAddresses(process.env, process.pid) })
process.stdout.write(`listening on ${formatAddress(server.address)}\n`)
