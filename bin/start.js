#!/usr/bin/env node
// `npm start`: the first look at Sluice. A week of real NHL games from the project's own simulator, in Postgres.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const sluice = (...args) => {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL("sluice.js", import.meta.url)), ...args], {
    stdio: "inherit"
  })
  if (status !== 0) process.exit(status ?? 1)
}

console.log("Seven conference finals of May 2023, from the project's own NHL simulator into a Postgres of its own.\n")
sluice("materialize", "nhl", "--partitions", "2023-05-18..2023-05-24")
console.log("\nThe top scorers of the week:\n")
sluice("preview", "nhl/top_scorers", "--limit", "10")
console.log(`
What to try next:
  npx sluice list                                  the assets and their state
  npx sluice show nhl/game_stats                   one asset: what it reads, its columns, its last materializations
  npx sluice explain nhl/top_scorers               why it is fresh, or not
  npx sluice db shell                              SQL: select * from nhl.game_stats where goals > 1;
  npx sluice materialize nhl/games+ --force --partitions 2023-05-20
                                                   one day again, and what changes because of it
  NHL_SOURCE=live npx sluice materialize nhl --partitions 2025-11-01
                                                   the same from the league's live API
  npx sluice db stop                               stop the database; nothing is lost`)
