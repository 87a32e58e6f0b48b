import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** The status of the answer to a GET, over a connection of its own. Rejects with the error of the connection, or with the signal's reason. */
export function httpStatus(url: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const secure = url.startsWith('https:')
    // Said, since NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment must not change it.
    const request = secure
      ? httpsRequest(url, { agent: false, signal, rejectUnauthorized: true })
      : httpRequest(url, { agent: false, signal })
    request.once('error', error => reject(signal.aborted ? signal.reason : error))
    request.once('response', response => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    request.end()
  })
}
