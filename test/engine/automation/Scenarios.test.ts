/** What automation asks for, tick by tick: graph, partitions, what happens → cells. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Asset, Automation, Input, Mapping, Partitions } from "../../../index.ts"
import { asset, days, keys, play, type Tick } from "./stage.ts"

const { and, anyUpstream, allUpstream, cronTick, eager, inLast, limited, missing, newly, not, olderThan, onCron, onMissing, or, since, stale, when } = Automation

/** `down` reads `up`, both by day. */
const chain = (automation: Automation.Automation, more: { readonly partial?: boolean } = {}) => {
  const up = asset("up", { partitions: days })
  return [up, asset("down", { partitions: days, inputs: { up: Input.rows(up, more) }, automation })]
}
const alone = (automation: Automation.Automation, partitions: Partitions.Partitions<unknown, unknown> = days) =>
  [asset("it", { partitions, automation })]
const diamond = (() => {
  const top = asset("top", { partitions: days, automation: eager })
  const left = asset("left", { partitions: days, inputs: { top }, automation: eager })
  const right = asset("right", { partitions: days, inputs: { top }, automation: eager })
  return [asset("end", { partitions: days, inputs: { left, right }, automation: eager })]
})()
const total = (automation: Automation.Automation) => {
  const up = asset("up", { partitions: days })
  return [asset("total", { inputs: { up: Input.rows(up, { mapping: Mapping.all }) }, automation })]
}
const weekly = (() => {
  const up = asset("up", { partitions: days })
  const weeks = Partitions.weekly({ start: "2024-01-01", weekStart: "Monday" })
  return [asset("week", { partitions: weeks, inputs: { up }, automation: eager })]
})()
const keyed = (automation: Automation.Automation) => {
  const up = asset("up", { partitions: keys })
  return [up, asset("down", { partitions: keys, inputs: { up }, automation })]
}
const yesterday = (() => {
  const up = asset("up", { partitions: days })
  return [asset("down", { partitions: days, inputs: { up: Input.rows(up, { mapping: Mapping.offset(-1) }) }, automation: eager })]
})()

const scenarios: Readonly<Record<string, ReadonlyArray<readonly [string, ReadonlyArray<Asset.Any>, ReadonlyArray<Tick>]>>> = {
  eager: [
    ["asks for what is missing, once", alone(eager), [["", "it 1 2 3"], ["", ""], ["ok", ""], ["", ""]]],
    ["asks for a new day when it exists", alone(eager), [["it", ""], ["at 5", "it 4"], ["at 7", "it 5 6"], ["ok", ""]]],
    ["waits for what it reads", chain(eager), [["", ""], ["up 2", "down 2"], ["up 1 3", "down 1 3"]]],
    ["asks for what changed upstream", chain(eager), [["up; down", ""], ["up 2", "down 2"], ["ok", ""]]],
    ["asks again where it changed once more", chain(eager), [["up; down; up 2", "down 2"], ["ok; up 2", "down 2"]]],
    ["asks again where it changed while it was computed", chain(eager), [["up; down; up 2", "down 2"], ["up 2", ""], ["ok", ""], ["up 2; down 1", "down 2"]]],
    ["heals gaps of the past", chain(eager), [["up 1 3; down 1 3", ""], ["at 20", ""], ["up 2", "down 2"], ["ok; up 7 9", "down 7 9"]]],
    ["a change of the past reaches its readers of the past", chain(eager), [["at 20; up; down", ""], ["up 3 4", "down 3 4"]]],
    ["without partitions", alone(eager, Partitions.none), [["", "it"], ["ok", ""], ["", ""]]],
    ["a reader of everything follows each change", total(eager), [["", ""], ["up 1", "total"], ["ok; up 2", "total"], ["ok", ""]]],
    ["a reader of everything waits until nothing upstream is computed", total(eager), [["up 1; claim up 2 3", ""], ["up 2", ""], ["up 3", "total"]]],
    ["a week needs its days, and follows each", weekly, [["at 9; up 1 2 3 4 5 6", ""], ["up 7", "week 1"], ["ok; up 3", "week 1"]]],
    ["reads the day before", yesterday, [["", "down 1"], ["ok; up 1", "down 2"], ["up 2", "down 3"], ["ok; up 2", "down 3"]]],
    ["an input that may be absent holds nothing back", chain(eager, { partial: true }), [["", "down 1 2 3"], ["ok; up 1", "down 1"]]]
  ],
  "chains": [
    ["go down step by step", diamond, [["", "top 1 2 3"], ["ok", "left 1 2 3; right 1 2 3"], ["ok", "end 1 2 3"], ["ok", ""]]],
    ["the end waits for both sides", diamond, [["", "top 1 2 3"], ["ok", "left 1 2 3; right 1 2 3"], ["ok left 1 2", ""], ["ok right 2", "end 2"], ["ok right 1", "end 1"]]],
    ["a change at the top goes through", diamond, [["top; left; right; end", ""], ["top 2", "left 2; right 2"], ["ok left 2", ""], ["ok right 2", "end 2"], ["ok", ""]]],
    ["each day goes for itself", diamond, [["", "top 1 2 3"], ["ok top 3", "left 3; right 3"], ["ok left 3; ok right 3", "end 3"], ["ok top 1", "left 1; right 1"]]]
  ],
  "failures": [
    ["a failed cell is not asked for again", alone(eager), [["", "it 1 2 3"], ["broke it 2", ""], ["ok it 1 3", ""], ["at 9", "it 4 5 6 7 8"], ["ok", ""]]],
    ["it is when what it reads has changed", chain(eager), [["up", "down 1 2 3"], ["broke down 2; ok down 1 3", ""], ["up 2", "down 2"], ["broke", ""], ["up 2", "down 2"], ["ok", ""]]],
    ["a failed cell that others asked for is tried once", chain(eager), [["up; down; fail down 2", "down 2"], ["broke", ""], ["", ""]]],
    ["what failed upstream without data holds its readers back", chain(eager), [["up 1 2; fail up 3", "down 1 2"], ["ok", ""], ["up 3", "down 3"]]],
    ["what failed upstream with data from before is read", chain(eager), [["up; fail up 3", "down 1 2 3"], ["ok", ""], ["up 3", "down 3"]]],
    ["neighbours of a failed cell go on", chain(eager), [["up; down; up 1 2", "down 1 2"], ["broke down 1; ok down 2", ""], ["up 2 3", "down 2 3"]]],
    ["a cancelled run is not begun anew", chain(eager), [["up", "down 1 2 3"], ["cancel", ""], ["", ""], ["up 1", "down 1"]]],
    ["mended by hand it is asked for as ever", chain(eager), [["up", "down 1 2 3"], ["broke", ""], ["down", ""], ["up 3", "down 3"]]],
    ["a failed step in a chain stops what is below, and no more", diamond, [["top; left; right; end; top 1 2", "left 1 2; right 1 2"], ["broke left 1; ok left 2; ok right 1 2", "end 1 2"], ["ok", ""]]]
  ],
  "in progress": [
    ["a cell that a run by hand computes is not asked for", alone(eager), [["claim it 2", "it 1 3"], ["it 2", ""]]],
    ["nor what reads it", chain(eager), [["up; down; claim up 2", ""], ["up 2", "down 2"]]],
    ["that run fails: it is asked for once", alone(eager), [["claim it 2", "it 1 3"], ["fail it 2", "it 2"], ["broke it 2", ""]]],
    ["what was asked for is in progress until its run ends", alone(eager), [["", "it 1 2 3"], ["", ""], ["at 5", "it 4"], ["ok it 1 2 3", ""]]]
  ],
  "partitions that come and go": [
    ["a new key", keyed(eager), [["+a; up a", "down a"], ["ok; +b; up b", "down b"]]],
    ["a removed key is asked for no more", keyed(eager), [["+a; +b; up a", "down a"], ["cancel; -a; up b", "down b"], ["ok; -b", ""]]],
    ["one that comes back with data is fresh", keyed(eager), [["+a; up a; down a", ""], ["-a", ""], ["+a", ""]]],
    ["one that comes back without is asked for", keyed(eager), [["+a; +b; -a; up b", "down b"], ["+a; up a", "down a"]]],
    ["a failed one that comes back is tried once more", keyed(eager), [["+a; up a", "down a"], ["broke; -a", ""], ["+a", "down a"], ["broke", ""]]]
  ],
  "onMissing": [
    ["leaves what is stale", chain(onMissing), [["up; down 1 2", "down 3"], ["ok; up 1 2 3", ""]]],
    ["heals gaps", chain(onMissing), [["at 9; up; down 1 2 8", "down 3 4 5 6 7"]]],
    ["tries a failure again when what it reads has changed", chain(onMissing), [["up", "down 1 2 3"], ["broke down 2; ok", ""], ["", ""], ["up 1 2", "down 2"], ["ok", ""]]],
    ["leaves a failure that has data", chain(onMissing), [["up; down; fail down 2; up 2", ""]]],
    ["tries once what others have failed at", chain(onMissing), [["up; down 1 3; fail down 2", "down 2"], ["broke", ""]]],
    ["waits for what it reads", chain(onMissing), [["up 1", "down 1"], ["up 2 3", "down 2 3"]]]
  ],
  "onCron": [
    ["does nothing before the first tick", chain(onCron("0 2 * * *")), [["up", ""], ["at 5T01:59", ""], ["at 5T02:00", "down 1 2 3"]]],
    ["what is ready later in the day comes later", chain(onCron("0 2 * * *")), [["up 1", ""], ["at 5T02:00", "down 1"], ["ok; up 2", "down 2"]]],
    ["a cell once a tick", chain(onCron("0 2 * * *")), [["up", ""], ["at 5T02:00", "down 1 2 3"], ["ok; up 1", ""], ["at 6T02:00", "down 1"]]],
    ["a source renews its newest cell, and fills gaps", alone(onCron("0 2 * * *")), [["it 1 3", ""], ["at 5T02:00", "it 2 4"], ["ok", ""], ["at 5T09:00", ""], ["at 6T02:00", "it 5"]]],
    ["a source without partitions is renewed", alone(onCron("0 2 * * *"), Partitions.none), [["it", ""], ["at 5T02:00", "it"], ["ok", ""], ["at 6T02:00", "it"]]],
    ["a failed cell is tried again at the next tick", alone(onCron("0 2 * * *"), Partitions.none), [["it", ""], ["at 5T02:00", "it"], ["broke", ""], ["at 5T05:00", ""], ["at 6T02:00", "it"]]],
    ["many ticks that were missed are one", alone(onCron("0 2 * * *"), Partitions.none), [["it", ""], ["at 9T02:00", "it"], ["ok", ""]]],
    ["of its zone", alone(onCron("0 2 * * *", "America/New_York"), Partitions.none), [["it", ""], ["at 5T02:00", ""], ["at 5T07:00", "it"]]]
  ],
  "limits": [
    ["so many at once, the newest first", alone(limited(eager, { atMost: 2 })), [["at 7", "it 5 6"], ["", ""], ["ok it 6", "it 4"], ["ok", "it 2 3"], ["ok", "it 1"]]],
    ["the oldest first", alone(limited(eager, { atMost: 2, order: "oldest" })), [["at 7", "it 1 2"], ["ok", "it 3 4"]]],
    ["failures make room", alone(limited(eager, { atMost: 2 })), [["", "it 2 3"], ["broke", "it 1"], ["broke", ""]]],
    ["a new day goes before what is left of the past", alone(limited(eager, { atMost: 1 })), [["", "it 3"], ["at 5; ok", "it 4"], ["ok", "it 2"]]]
  ],
  "olderThan": [
    ["asks for what is so old, by its last materialization", alone(when(olderThan("2 hours")), Partitions.none), [["", ""], ["it", ""], ["at 4T14:30", "it"], ["", ""], ["ok", ""], ["at 4T16:00", ""], ["at 4T16:40", "it"]]],
    ["each cell for itself; what has no data has no age", alone(when(olderThan("2 hours"))), [["it 1", ""], ["at 4T13:00; it 2", ""], ["at 4T14:30", "it 1"], ["at 4T15:30", "it 2"], ["ok", ""]]],
    ["a failure is tried again in the next span", alone(when(olderThan("2 hours")), Partitions.none), [["it", ""], ["at 4T14:30", "it"], ["broke", ""], ["at 4T15:50", ""], ["at 4T16:10", "it"], ["ok", ""], ["at 4T17:00", ""]]],
    ["in the last windows", alone(when(and(olderThan("2 hours"), inLast(2)))), [["it", ""], ["at 4T14:30", "it 2 3"], ["ok", ""]]],
    ["or when it is missing", alone(when(or(missing, olderThan("1 day")))), [["", "it 1 2 3"], ["ok", ""], ["at 5T11:00", "it 4"], ["ok; at 5T13:00", "it 1 2 3"]]],
    ["of what it reads", chain(when(anyUpstream(olderThan("2 hours")))), [["up; down", ""], ["at 4T13:00; up 3", ""], ["at 4T14:30", "down 1 2"]]]
  ],
  "own conditions": [
    ["the last days only", chain(when(and(or(missing, stale), inLast(2)))), [["at 9", "down 7 8"]]],
    ["a span of time", alone(when(and(missing, inLast("50 hours")))), [["at 9T00:00", "it 6 7 8"]]],
    ["the keys added last", keyed(when(and(missing, inLast(1)))), [["+a; +b", "down b"], ["+c", "down c"]]],
    ["any upstream", diamondOf(() => when(and(missing, anyUpstream(not(missing))))), [["left 1", "end 1"], ["right 2", "end 2"]]],
    ["all upstream", diamondOf(() => when(and(missing, allUpstream(not(missing))))), [["left 1 2", ""], ["right 2", "end 2"]]],
    ["since, until something else", alone(when(and(missing, since(cronTick("0 2 * * *"), cronTick("0 4 * * *"))))), [["", ""], ["at 5T02:00", "it 1 2 3 4"], ["ok", ""], ["at 6T03:00", "it 5"], ["ok; at 6T04:30", ""], ["at 7T01:00", ""]]],
    ["newly", alone(when(newly(missing))), [["", "it 1 2 3"], ["ok", ""], ["at 5", "it 4"]]],
    ["what is fresh may be asked for, each time it is true anew", chain(when(anyUpstream(newly(missing)))), [["up; down", ""], ["at 5", "down 4"], ["ok", ""]]]
  ]
}

function diamondOf(automation: () => Automation.Automation) {
  const left = asset("left", { partitions: days })
  const right = asset("right", { partitions: days })
  return [asset("end", { partitions: days, inputs: { left, right }, automation: automation() })]
}

for (const [title, cases] of Object.entries(scenarios)) {
  describe(title, () => {
    for (const [name, assets, ticks] of cases) {
      it.effect(name, () =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* play(assets, ticks), ticks)
        }))
    }
  })
}
