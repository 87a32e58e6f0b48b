import { configOf, firing, opened, resolved, webhookTo } from './opened.ts'

/** Raises alerts until it is killed, and prints the key of each once it is durable. Some are raised again by later children, as a patrol does. */
const [directory = '', url = '', round = '0'] = process.argv.slice(2)
const { alerting } = await opened({ directory, config: configOf({ ops: webhookTo(url) }), random: Math.random })
process.stdout.write('open\n')
for (let number = 0; ; number++) {
  const incident = `prb-${Number(round) - (number % 3 === 2 ? 1 : 0)}-${number}`
  await alerting.raise([firing(incident)])
  process.stdout.write(`durable ${incident}:firing.critical\n`)
  if (number % 2 === 0) {
    await alerting.raise([resolved(incident)])
    process.stdout.write(`durable ${incident}:resolved\n`)
  }
  await Bun.sleep(3)
}
