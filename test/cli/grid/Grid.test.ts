import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { displayWidth } from "effect/cli/CliOutput"
import * as Counts from "../../../cli/grid/Counts.ts"
import * as Glyph from "../../../cli/grid/Glyph.ts"
import * as Grid from "../../../cli/grid/Grid.ts"
import * as Matrix from "../../../cli/grid/Matrix.ts"
import * as Style from "../../../cli/terminal/Style.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "../../engine/partition/generator.ts"
import { draw, plain, sets, space } from "./sets.ts"

const now = "2024-10-01T12:00:00Z"
const date = Partitions.daily({ start: "2024-01-01", end: "2024-01-15" })
const region = Partitions.fixed(["north", "south", "east"])

/** A million cells with failed, stale and running ones strewn over them, and each cell's state by its point. */
const million = () => {
  const resolved = space(
    Partitions.product({
      date: Partitions.daily({ start: "2024-01-01", end: "2024-04-10" }),
      region: Partitions.fixed(Array.from({ length: 50 }, (_, i) => `region-${i}`)),
      game: Partitions.dynamic("game")
    }),
    now,
    () => Array.from({ length: 200 }, (_, i) => `g${i}`)
  )
  const random = Generator.make(9)
  const first = PartitionSet.firstPoint(resolved.all)![0]!
  const strewn = (n: number) =>
    PartitionSet.fromPoints(3, Array.from({ length: n }, () => [first + random.whole(0, 99), random.whole(0, 49), random.whole(0, 199)]))
  let left = resolved.all
  const take = (cells: PartitionSet.PartitionSet) => {
    const taken = PartitionSet.intersection(left, cells)
    left = PartitionSet.difference(left, cells)
    return taken
  }
  const failed = take(strewn(150))
  const stale = take(strewn(3000))
  const running = take(strewn(20))
  const fresh = take(PartitionSet.take(resolved.all, 723_456))
  const cells = { failed, stale, running, fresh, missing: left }
  return { resolved, cells, first, sets: { states: Counts.states.map((state) => ({ state, cells: cells[state] })) } }
}

describe("the picture of an asset", () => {
  it("tells the state of an unpartitioned asset in a line and a bar", () => {
    const resolved = space(Partitions.none, now)
    assert.deepStrictEqual(draw(sets(resolved, {}, "stale"), resolved, { columns: 40 }), [
      "1 cell · 1 stale 100%", "~".repeat(40), "", "~ stale"
    ])
  })

  it("lists a few keys, and says when there is none", () => {
    const resolved = space(region, now)
    assert.deepStrictEqual(draw(sets(resolved, { failed: "south", fresh: "north" }), resolved, { columns: 60 }), [
      "3 cells · 1 fresh 33.3% · 1 failed 33.3% · 1 missing 33.3%",
      "■".repeat(20) + "✗".repeat(20) + "·".repeat(20),
      "",
      "north  ■",
      "south  ✗",
      "east   ·",
      "",
      "■ fresh   ✗ failed   · missing   one mark: a partition"
    ])
    const none = space(Partitions.dynamic("game"), now)
    assert.deepStrictEqual(draw(sets(none, {}), none), ["0 cells"])
  })

  it("draws many keys as a strip, over the holes of removed ones", () => {
    const keys = Array.from({ length: 60 }, (_, i) => i % 3 === 1 ? { removed: `g${i}` } : `g${i}`)
    const resolved = space(Partitions.dynamic("game"), now, () => keys)
    const picture = draw(sets(resolved, { failed: "g24", running: "g59", fresh: "..g30" }), resolved, { columns: 50 })
    assert.deepStrictEqual(picture.slice(4, 6), [
      `g0   ${"■".repeat(16)}✗■■■`,
      `g30  ■${"·".repeat(18)}►`
    ])
    assert.strictEqual(picture[0], "40 cells · 20 fresh 50.0% · 1 running 2.5%")
  })

  it("puts many keys into one mark where they do not fit", () => {
    const resolved = space(Partitions.dynamic("game"), now, () => Array.from({ length: 100_000 }, (_, i) => `game-${i}`))
    const picture = draw(sets(resolved, { failed: "game-99999", fresh: "..game-49999" }), resolved, { columns: 100 })
    assert.isAtMost(picture.length, 26)
    assert.isTrue(picture.findLast((line) => line.startsWith("game-"))!.endsWith("·✗"))
    assert.include(picture.at(-1), "one mark: 72 partitions, at its worst")
  })

  it("draws a product as a calendar of its time and a row for each key of its smallest other dimension", () => {
    const resolved = space(Partitions.product({ date, region, game: Partitions.dynamic("game") }), now, () => ["a", "b", "c", "d"])
    const selected = {
      failed: "date=2024-01-04,region=south,game=c",
      running: "date=2024-01-09,region=east,game=a",
      stale: "date=2024-01-02,region=north",
      fresh: "date=..2024-01-08"
    }
    assert.deepStrictEqual(draw(sets(resolved, selected), resolved, { columns: 78 }), [
      "168 cells · 91 fresh 54.2% · 4 stale 2.4% · 1 running 0.6% · 1 failed 0.6%",
      "71 missing 42.3%",
      `${"■".repeat(41)}~~►✗${"·".repeat(33)}`,
      "",
      "     2024",
      "     Jan",
      "Mon  ■ ■",
      "Tue  ~ ►",
      "Wed  ■ ·",
      "Thu  ✗ ·",
      "Fri  ■ ·",
      "Sat  ■ ·",
      "Sun  ■ ·",
      "",
      "REGION  FRESH  STALE  RUNNING  FAILED  MISSING  DATE  2024-01-01 … 2024-01-14",
      "north      28      4        ·       ·       24  ■~■■■■■■······",
      "south      31      ·        ·       1       24  ■■■✗■■■■······",
      "east       32      ·        1       ·       23  ■■■■■■■■►·····",
      "",
      "■ fresh   ~ stale   ► running   ✗ failed   · missing",
      "one mark: a day, at its worst"
    ])
    assert.deepStrictEqual(draw(sets(resolved, selected), resolved, { columns: 70, by: "game" }).slice(4, -2), [
      "GAME  FRESH  STALE  RUNNING  FAILED  MISSING  DATE",
      "a        23      1        1       ·       17  ■~■■■■■■►·····",
      "b        23      1        ·       ·       18  ■~■■■■■■······",
      "c        22      1        ·       1       18  ■~■✗■■■■······",
      "d        23      1        ·       ·       18  ■~■■■■■■······"
    ])
  })

  it("shades what is partly done", () => {
    const resolved = space(Partitions.product({ date, region }), now)
    const selected = { fresh: "2024-01-01|north,2024-01-02|north..south,2024-01-03|*" }
    const picture = draw(sets(resolved, selected), resolved, { columns: 60 })
    assert.deepStrictEqual(picture.slice(5, 9), ["Mon  ▒ ·", "Tue  ▓ ·", "Wed  ■ ·", "Thu  · ·"])
    assert.include(picture.join("\n"), "■ fresh   ░▒▓ partly fresh   · missing")
    assert.deepStrictEqual(draw(sets(resolved, selected), resolved, { columns: 60, by: "date" }).slice(3, 6), [
      "DATE        FRESH  MISSING  REGION  north … east",
      "2024-01-01      1        2  ■··",
      "2024-01-02      2        1  ■■·"
    ])
  })

  it("leaves out the bar and then counts where the width does not hold them", () => {
    const resolved = space(Partitions.product({ date, region }), now)
    const selected = { failed: "2024-01-04|south", running: "2024-01-09|east", stale: "2024-01-02|*", fresh: "..2024-01-08|*" }
    assert.deepStrictEqual(draw(sets(resolved, selected), resolved, { columns: 40, by: "region" }).slice(5, 9), [
      "REGION  STALE  RUNNING  FAILED  MISSING",
      "north       1        ·       ·        6",
      "south       1        ·       1        6",
      "east        1        1       ·        5"
    ])
  })

  it("shows the rows that need attention first where not all fit", () => {
    const keys = Array.from({ length: 100 }, (_, i) => `g${i}`)
    const resolved = space(Partitions.product({ game: Partitions.dynamic("game"), region }), now, () => keys)
    const selected = { failed: "g70|*,g40|north", running: "g90|north", stale: "g5|east", missing: "g99|east" }
    const rows = draw(sets(resolved, selected, "fresh"), resolved, { columns: 80, by: "game" })
    assert.deepStrictEqual(rows.slice(5, 12).map((line) => line.split(" ")[0]), ["g70", "g40", "g90", "g5", "g99", "g0", "g1"])
    assert.include(rows, "and 80 more rows, all fresh")
    const times = space(Partitions.product({ date: Partitions.daily({ start: "2024-01-01", end: "2024-06-01" }), region }), now)
    const newest = draw(sets(times, { fresh: "..2024-03-01|*" }), times, { columns: 80, by: "date" })
    assert.strictEqual(newest[4]!.split(" ")[0], "2024-05-31")
    const three = { failed: "2024-02-02|east,2024-03-03|east,2024-04-04|north" }
    assert.deepStrictEqual(
      draw(sets(times, three, "fresh"), times, { columns: 80, by: "date" }).slice(4, 8).map((line) => line.split(" ")[0]),
      ["2024-04-04", "2024-03-03", "2024-02-02", "2024-05-31"]
    )
    assert.include(newest, "and 132 more rows")
  })

  it("refuses an unknown dimension in half a sentence", () => {
    const product = space(Partitions.product({ date, region }), now)
    assert.deepStrictEqual(draw(sets(product, {}), product, { by: "regoin" }), [
      "it has no dimension \"regoin\", only date, region. Did you mean \"region\"?"
    ])
    const single = space(date, now)
    assert.deepStrictEqual(draw(sets(single, {}), single, { by: "date" }), ["it is not a product of dimensions: leave --by out"])
    assert.isTrue(Result.isFailure(Grid.toJson(sets(product, {}), product, { by: "x" })))
  })

  it("gives counts as JSON, by key where a dimension is named", () => {
    const resolved = space(Partitions.product({ date, region }), now)
    const given = sets(resolved, { failed: "2024-01-04|south", fresh: "..2024-01-08|*" })
    const none = { stale: 0, running: 0, failed: 0 }
    assert.deepStrictEqual(Result.getOrThrow(Grid.toJson(given, resolved)), {
      cells: 42, ...none, fresh: 23, failed: 1, missing: 18, by: null
    })
    assert.deepStrictEqual(Result.getOrThrow(Grid.toJson(given, resolved, { by: "region" })).by, {
      dimension: "region",
      keys: [
        { key: "north", cells: 14, ...none, fresh: 8, missing: 6 },
        { key: "south", cells: 14, ...none, fresh: 7, failed: 1, missing: 6 },
        { key: "east", cells: 14, ...none, fresh: 8, missing: 6 }
      ]
    })
  })

  it("tells a control character in a key as text", () => {
    const resolved = space(Partitions.dynamic("game"), now, () => ["\x1b[2Jx", "東京"])
    assert.deepStrictEqual(draw(sets(resolved, {}), resolved, { columns: 40 }).slice(3, 5), ["\\x1b[2Jx  ·", "東京      ·"])
  })
})

describe("the picture of a million cells", () => {
  const { cells, first, resolved, sets: given } = million()
  const stateAt = new Map<string, Counts.State>()
  for (const state of ["failed", "stale", "running"] as const) {
    for (const point of PartitionSet.points(cells[state])) stateAt.set(point.join(), state)
  }

  it("counts every cell once, as one who looks at each of them", () => {
    const total = { fresh: 0, stale: 0, running: 0, failed: 0, missing: 0 }
    const byRegion = Array.from({ length: 50 }, () => ({ ...total }))
    const byDate = Array.from({ length: 100 }, () => ({ ...total }))
    const byGame = Array.from({ length: 200 }, () => ({ ...total }))
    let seen = 0
    for (let d = 0; d < 100; d++) {
      for (let r = 0; r < 50; r++) {
        for (let g = 0; g < 200; g++) {
          const state = stateAt.get(`${first + d},${r},${g}`) ?? (seen < 723_456 ? "fresh" : "missing")
          seen++
          for (const counts of [total, byRegion[r]!, byDate[d]!, byGame[g]!]) counts[state]++
        }
      }
    }
    assert.strictEqual(seen, 1_000_000)
    assert.deepStrictEqual(Counts.of(given), total)
    const keys = (dimension: number) => Array.from(Matrix.keys(given, dimension), ({ counts }) => counts)
    assert.deepStrictEqual([keys(0), keys(1), keys(2)], [byDate, byRegion, byGame])
    const tally = Counts.tally(given, 0)
    assert.deepStrictEqual(byDate.map((_, d) => tally({ from: first + d, to: first + d })), byDate)
    // The marks of each day, from the counts of one who looked at all cells.
    const days = draw(given, resolved).filter((line) => /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) /.test(line))
    const marks = byDate.map((_, d) => days[d % 7]![5 + 2 * Math.floor(d / 7)])
    assert.deepStrictEqual(marks, byDate.map((counts) => Glyph.of(counts)?.glyph))
    const rows = draw(given, resolved, { by: "region", columns: 160 })
    for (const line of rows.filter((text) => text.startsWith("region-"))) {
      const [key, ...numbers] = line.split(/\s+/)
      const counts = byRegion[Number(key!.slice(7))]!
      assert.deepStrictEqual(
        numbers.slice(0, 5),
        Counts.states.map((state) => counts[state] === 0 ? "·" : counts[state].toLocaleString("en-US"))
      )
    }
  })

  it("keeps to every width, with and without colours, in the same picture", () => {
    // oxlint-disable-next-line no-control-regex
    const bare = (text: string) => text.replace(/\x1b\[\d+m/g, "")
    for (const columns of [40, 50, 63, 80, 100, 133, 200]) {
      for (const by of [undefined, "date", "region", "game"]) {
        const lines = draw(given, resolved, { columns, ...(by === undefined ? {} : { by }) })
        for (const line of lines) {
          assert.isAtMost(displayWidth(line), columns, line)
          assert.strictEqual(line, line.trimEnd())
        }
        const coloured = Result.getOrThrow(Grid.draw(given, resolved, { columns, by, style: Style.make(true) }))
        assert.deepStrictEqual(coloured.map((line) => bare(line).trimEnd()), lines)
      }
    }
    assert.deepStrictEqual(draw(given, resolved), draw(given, resolved, { columns: 100 }))
  })

  it("is told in a few lines", () => {
    assert.isAtMost(draw(given, resolved).length, 45)
    assert.strictEqual(draw(given, resolved, { by: "game" }).filter((line) => /^g\d/.test(line)).length, 20)
  })
})

describe("marks", () => {
  const none = { fresh: 0, stale: 0, running: 0, failed: 0, missing: 0 }

  it("differ by state without colours and are one column wide", () => {
    const all = [...Object.values(Glyph.glyphs), ...Glyph.shades]
    assert.strictEqual(new Set(all).size, 8)
    for (const glyph of all) assert.strictEqual(displayWidth(glyph), 1)
  })

  it("show the worst state, failed first", () => {
    const of = (counts: Partial<Counts.Counts>) => Glyph.of({ ...none, ...counts })?.glyph
    assert.strictEqual(of({}), undefined)
    assert.deepStrictEqual(
      [{ fresh: 9, stale: 9, running: 9, failed: 1 }, { fresh: 9, stale: 9, running: 1 }, { stale: 1, missing: 9 }, { missing: 2 }, { fresh: 2 }].map(of),
      ["✗", "►", "~", "·", "■"]
    )
    const partly = [1, 33, 34, 66, 67, 99].map((fresh) => of({ fresh, missing: 100 - fresh }))
    assert.deepStrictEqual(partly, ["░", "░", "▒", "▒", "▓", "▓"])
  })

  it("share their escape codes with neighbours of their colour", () => {
    const style = Style.make(true)
    const [fresh, failed] = [Glyph.ofState("fresh"), Glyph.ofState("failed")]
    assert.strictEqual(Glyph.paint([fresh, fresh, undefined, failed, undefined], style), `${style.green("■■")} ${style.red("✗")}`)
    assert.strictEqual(Glyph.paint([undefined, fresh, fresh, failed], plain, " "), "  ■ ■ ✗")
  })
})
