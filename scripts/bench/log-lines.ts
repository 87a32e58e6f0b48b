const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:26.0) Gecko/20100101 Firefox/26.0',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'curl/8.5.0',
  'Tiny Tiny RSS/1.11 (http://tt-rss.org/)',
]
const paths = [
  '/',
  '/favicon.ico',
  '/articles/dynamic-dns-with-dhcp/',
  '/images/web/2009/banner.png',
  '/blog/tags/puppet?flav=rss20',
]
const referers = ['-', 'https://shop.example/', 'http://www.google.com/url?sa=t&rct=j&q=&esrc=s&source=web&cd=1&ved=0CCkQFjAA']

/** The same for the same numbers, and no two of a cycle alike. */
const pick = (from: readonly string[], index: number): string => from[(index * 7 + Math.floor(index / 11)) % from.length] ?? ''
const two = (value: number): string => String(value % 60).padStart(2, '0')
const clock = (index: number): string => `10:${two(Math.floor(index / 600))}:${two(Math.floor(index / 10))}`
const address = (index: number): string => `198.51.${index % 100}.${index % 251}`
const status = (index: number): number => (index % 50 === 0 ? 502 : index % 9 === 0 ? 304 : 200)
const message = (index: number): string =>
  `GET ${pick(paths, index)} ${status(index)} took ${index % 2000} ms for ${pick(agents, index)}`
const moment = (index: number): string => `2024-05-17T${clock(index)}.${String(index % 1e6).padStart(6, '0')}`

/** A line of the combined format with the time that the request took; one in 2000 has an escape, one in 5000 is cut off. */
export function accessLine(index: number, day = '17/May/2024'): string {
  const agent = index % 2000 === 0 ? 'a \\"quoted\\" one' : pick(agents, index)
  const line = `${address(index)} - - [${day}:${clock(index)} +0000] "GET ${pick(paths, index)} HTTP/1.1" ${status(index)} ${index * 13} "${pick(referers, index)}" "${agent}" 0.${two(index)}${index % 10}`
  return index % 5000 === 0 ? line.slice(0, 80) : line
}

/** A line of each of the other formats. */
export const logLines: Readonly<Record<string, (index: number) => string>> = {
  json: index =>
    JSON.stringify({
      time: `${moment(index)}Z`,
      level: 'info',
      path: pick(paths, index),
      status: status(index),
      agent: pick(agents, index),
    }),
  docker: index => JSON.stringify({ log: `${message(index)}\n`, stream: 'stdout', time: `${moment(index)}Z` }),
  cri: index => `${moment(index)}Z stdout F ${message(index)}`,
  syslog: index => `${moment(index)}+00:00 web${index % 9} nginx[${index}]: ${message(index)}`,
  logfmt: index =>
    `time=${moment(index)}Z level=info path=${pick(paths, index).split('?')[0]} status=${status(index)} took=${index % 2000} agent="${pick(agents, index)}"`,
  klog: index => `I0517 ${moment(index).slice(11)} ${String(index).padStart(7)} server.go:123] ${message(index)}`,
  csv: index => `${moment(index)}Z,${address(index)},"${pick(paths, index)}",${status(index)},"${pick(agents, index)}"`,
}
