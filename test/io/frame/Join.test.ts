import { assert, describe, it } from "@effect/vitest"
import { Frame, FrameError } from "../../../io/frame/index.ts"
import { makeRandom, randomRows } from "./rows.ts"

const games = Frame.fromColumns({ team: ["a", null, "b", "c", "a"], game: [1, 2, 3, 4, 5] })
const teams = Frame.fromColumns({ team: ["b", "a", null, "a"], city: ["Bonn", "Aalen", "Nowhere", "Århus"] })

describe("join", () => {
  it("pairs equal keys, in the left order and then the right one; a null joins nothing", () => {
    assert.deepStrictEqual(games.join(teams, "team").rows(), [
      { team: "a", game: 1, city: "Aalen" }, { team: "a", game: 1, city: "Århus" }, { team: "b", game: 3, city: "Bonn" },
      { team: "a", game: 5, city: "Aalen" }, { team: "a", game: 5, city: "Århus" }
    ])
  })

  it("left keeps rows without a partner", () => {
    const rows = games.join(teams.dedupe("team"), "team", "left").rows()
    assert.deepStrictEqual(rows.map((row) => row.city), ["Aalen", null, "Bonn", null, "Aalen"])
    assert.deepStrictEqual(rows.map((row) => row.team), ["a", null, "b", "c", "a"])
  })

  it("joins on bigints and instants by value, and on several columns", () => {
    const left = Frame.fromColumns({ id: [2n ** 60n, 2n ** 60n + 1n], day: [new Date(1), new Date(2)], x: [1, 2] })
    const right = Frame.fromColumns({ day: [new Date(2), new Date(1)], id: [2n ** 60n + 1n, 5n], y: ["b", "a"] })
    assert.deepStrictEqual(left.join(right, ["id", "day"]).rows(), [{ id: 2n ** 60n + 1n, day: new Date(2), x: 2, y: "b" }])
    assert.deepStrictEqual(left.join(right.drop("id"), "day").column("y"), ["a", "b"])
  })

  it("refuses equal column names without a suffix, and two columns of one name with it", () => {
    const other = Frame.fromColumns({ team: ["a"], game: [9] })
    const hidden = Frame.fromTable<{ team: string }>(other.table) // a narrower type hides the clash from the compiler
    assert.throws(() => games.join(hidden, "team"), FrameError, `Both frames have a column "game"`)
    assert.deepStrictEqual(games.join(other, "team", "inner", { suffix: "_other" }).rows()[0], {
      team: "a", game: 1, game_other: 9
    })
    const twice = games.derive({ game_other: () => 0 })
    assert.throws(() => twice.join(other, "team", "left", { suffix: "_other" }), FrameError, `named "game_other"`)
    assert.throws(() => games.join(teams, [] as Array<"team">), FrameError, "at least one column")
  })

  it("joins empty frames", () => {
    const none = teams.filter(() => false)
    assert.deepStrictEqual(games.join(none, "team").rows(), [])
    assert.deepStrictEqual(games.join(none, "team", "left").column("city"), [null, null, null, null, null])
    assert.deepStrictEqual(none.join(games, "team", "left").columnNames, ["team", "city", "game"])
  })

  it("equals a nested loop with SQL's equality on random rows", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = makeRandom(seed)
      const left = randomRows(seed, random(40))
      const right = randomRows(seed + 1000, random(40)).map(({ day, id, key, n }) => ({ day, id, key, score: n }))
      const on = (["key", "day", "id"] as const).filter((_, i) => (seed >> i) % 2 === 1)
      if (on.length === 0) continue
      for (const kind of ["inner", "left"] as const) {
        const rest = (["key", "day", "id"] as const).filter((name) => !on.includes(name))
        const expected = left.flatMap((l) => {
          const partners = right.filter((r) =>
            on.every((name) => {
              const [a, b] = [l[name], r[name]]
              return a !== null && b !== null && (a instanceof Date ? a.getTime() === Number(b) : a === b)
            })
          )
          const empty = { day: null, id: null, key: null, score: null }
          return (partners.length === 0 && kind === "left" ? [empty] : partners).map((r) => ({
            ...l, ...Object.fromEntries(rest.map((name) => [`${name}_r`, r[name]])), score: r.score
          }))
        })
        const columns = ["day", "id", "key", "score"]
        const actual = Frame.fromRows(left, ["key", "day", "id", "n", "big"])
          .join(Frame.fromRows(right, columns), on, kind, { suffix: "_r" })
        assert.deepStrictEqual<unknown>(actual.rows(), expected, `seed ${seed} ${kind}`)
      }
    }
  })
})
