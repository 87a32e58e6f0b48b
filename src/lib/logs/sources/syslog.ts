import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { durationField, parsedBy, sizeField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import { formatListenUrl, isOpenDoor, parseListenUrl } from './syslog/listen-urls.ts'
import { readSyslog } from './syslog/read-syslog.ts'

const path = z.string().min(1)
const params = z.strictObject({
  listen: z
    .array(z.string().transform(parsedBy(parseListenUrl)))
    .min(1)
    .describe('udp://127.0.0.1:514, tcp://[::1]:601, tls://0.0.0.0:6514 or unix:/run/syslog.sock'),
  tls: z
    .strictObject({
      cert: path.describe('file with the certificate, and those above it'),
      key: path.describe('file with its key'),
      client_ca: path.optional().describe('file with the authorities of clients: others are turned away'),
    })
    .optional()
    .describe('for tls://'),
  insecure_listen: z
    .boolean()
    .default(false)
    .describe('listen beyond this machine also where anybody there may send: without TLS, or without client_ca'),
  connections: z.int().min(1).max(10_000).default(512).describe('at a time, for each address; more are refused'),
  idle: durationField().prefault('1h').describe('connections that say nothing for so long are ended'),
  receive_buffer: sizeField().prefault('4MiB').describe('room for datagrams that the system is asked for'),
})

export default defineSource({
  type: 'syslog',
  version: '1.0.0',
  summary: 'messages of syslog over UDP, TCP and TLS',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { listen: ['udp://127.0.0.1:5514', 'tcp://127.0.0.1:5514'] },
  build(config) {
    const { listen, tls, insecure_listen, connections, idle, receive_buffer } = parseParams(params, config)
    const clientCa = tls?.client_ca
    for (const [index, url] of listen.entries()) {
      const at = ['listen', index]
      if (url.protocol === 'tls' && !tls) throw new ParamsError('tls:// needs tls: with a cert and a key', { path: at })
      if (!insecure_listen && isOpenDoor(url, clientCa !== undefined)) {
        throw new ParamsError(`${formatListenUrl(url)} takes messages from anybody who can reach it`, {
          path: at,
          hint: 'use tls:// with a client_ca, listen on 127.0.0.1, or say insecure_listen: true',
        })
      }
    }
    const settings = {
      ...{ listen, connections, idleMs: idle, receiveBytes: receive_buffer },
      ...(tls && { tls: { cert: tls.cert, key: tls.key, ...(clientCa !== undefined && { clientCa }) } }),
    }
    const title = listen.map(formatListenUrl).join(', ')
    return { title, isReplayable: false, usualFormat: 'syslog', read: place => readSyslog(place, settings) }
  },
})
