/** `npm run bench -- engine`: runs one benchmark, or all of them one after another. */
import { readdirSync } from "node:fs"

const names = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name)
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown[0]}"; there are: ${names.join(", ")}.`)
  process.exit(2)
}
for (const name of asked.length === 0 ? names : asked) await import(`./${name}/main.ts`)
