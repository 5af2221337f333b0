/** What the compiler must say about frames: each `@ts-expect-error` is a promise that this line is refused. */
import type { ColumnTable } from "arquero"
import { any, arrayAgg, count, desc, distinct, Frame, max, mean, min, sum } from "../../io/frame/index.ts"

interface Stat {
  player_id: number
  team: string
  venue: "home" | "away"
  goals: number
  assists: number | null
  views: bigint
  tips: bigint | null
  date: Date
  nickname: string | null
  active: boolean
  shots: ReadonlyArray<{ x: number; y: number }>
}

interface Team {
  team: string
  city: string
  goals: number
  player_id: bigint
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type RowOf<F> = F extends Frame<infer Row> ? Row : never
const same = <A, B>(equal: Equal<A, B>) => equal

export const promises = (stats: Frame<Stat>, teams: Frame<Team>, table: ColumnTable) => {
  // reading
  same<ReturnType<typeof stats.rows>, ReadonlyArray<Stat>>(true)
  const assists = stats.column("assists")
  same<typeof assists, ReadonlyArray<number | null>>(true)
  // @ts-expect-error no such column
  stats.column("points")
  same<RowOf<ReturnType<typeof Frame.fromTable<Team>>>, Team>(true)
  Frame.fromTable<Team>(table)
  const columns = Frame.fromColumns({ a: [1, null], b: ["x", "y"], c: new BigInt64Array(2) })
  same<RowOf<typeof columns>, { a: number | null; b: string; c: bigint }>(true)
  const rows = Frame.fromRows([{ a: 1, b: "x" }])
  same<RowOf<typeof rows>, { a: number; b: string }>(true)

  // columns
  const selected = stats.select("team", "goals")
  same<RowOf<typeof selected>, { team: string; goals: number }>(true)
  // @ts-expect-error no such column
  stats.select("team", "points")
  const dropped = stats.select("team", "goals", "date").drop("date")
  same<RowOf<typeof dropped>, { team: string; goals: number }>(true)
  // @ts-expect-error no such column
  stats.drop("points")
  const renamed = selected.rename({ goals: "scored" })
  same<RowOf<typeof renamed>, { team: string; scored: number }>(true)
  // @ts-expect-error no such column
  stats.rename({ points: "scored" })

  // filter and derive
  stats.filter((row) => row.goals > 1 && row.team !== "")
  // @ts-expect-error no such column
  stats.filter((row) => row.points > 1)
  const named = stats.filter((row): row is Stat & { nickname: string } => row.nickname !== null).select("nickname")
  same<RowOf<typeof named>, { nickname: string }>(true)
  const points = selected.derive({ points: (row) => row.goals * 2, team: (row) => row.team.length })
  same<RowOf<typeof points>, { goals: number; points: number; team: number }>(true)
  // @ts-expect-error no such column
  stats.derive({ points: (row) => row.points })
  // @ts-expect-error assists may be null, and null + 1 would be 1
  stats.derive({ points: (row) => row.goals + row.assists })
  // @ts-expect-error a number and a bigint do not add up
  stats.derive({ points: (row) => row.goals + row.views })
  stats.derive({ points: (row) => row.goals + (row.assists ?? 0) })

  // order and groups
  stats.orderby("team", desc("goals"), "date", desc("views"))
  // @ts-expect-error no such column
  stats.orderby("points")
  // @ts-expect-error no such column
  stats.orderby(desc("points"))
  // @ts-expect-error nested values have no order
  stats.orderby("shots")
  stats.groupby("team", "date")
  // @ts-expect-error no such column
  stats.groupby("points")
  // @ts-expect-error nested values are no key
  stats.groupby("shots")
  // @ts-expect-error a key is needed; roll up the frame itself for one row
  stats.groupby()
  stats.dedupe("team")
  // @ts-expect-error no such column
  stats.dedupe("points")

  // rollup
  const scorers = stats.groupby("player_id", "nickname").rollup({
    goals: sum("goals"),
    assists: sum("assists"),
    views: sum("views"),
    tips: sum("tips", 0n),
    games: count(),
    helped: count("assists"),
    first: min("date"),
    last: max("date"),
    name: any("team"),
    nick: any("nickname"),
    mean: mean("goals"),
    meanAssists: mean("assists"),
    list: arrayAgg("assists"),
    shots: arrayAgg("shots"),
    teams: distinct("team")
  })
  same<RowOf<typeof scorers>, {
    player_id: number
    nickname: string | null
    goals: number
    assists: number
    views: bigint
    tips: bigint
    games: number
    helped: number
    first: Date
    last: Date
    name: string
    nick: string | null
    mean: number
    meanAssists: number | null
    list: ReadonlyArray<number | null>
    shots: ReadonlyArray<ReadonlyArray<{ x: number; y: number }>>
    teams: number
  }>(true)
  const total = stats.rollup({ goals: sum("goals"), mean: mean("goals"), first: min("date"), n: count() })
  same<RowOf<typeof total>, { goals: number; mean: number | null; first: Date | null; n: number }>(true)
  const counted = stats.groupby("team").count()
  same<RowOf<typeof counted>, { team: string; count: number }>(true)
  const pivoted = stats.groupby("team").pivot("venue", ["home", "away"], max("views"))
  same<RowOf<typeof pivoted>, { team: string; home: bigint | null; away: bigint | null }>(true)
  // @ts-expect-error no such venue
  stats.groupby("team").pivot("venue", ["home", "abroad"], sum("goals"))
  // @ts-expect-error no such column
  stats.groupby("team").rollup({ goals: sum("points") })
  // @ts-expect-error a sum of strings
  stats.groupby("team").rollup({ goals: sum("nickname") })
  // @ts-expect-error a sum of strings
  stats.rollup({ goals: sum("team") })
  // @ts-expect-error a mean of dates
  stats.rollup({ goals: mean("date") })
  // @ts-expect-error nested values have no least
  stats.rollup({ goals: min("shots") })
  // @ts-expect-error a zero of the wrong type
  stats.rollup({ goals: sum("goals", 0n) })
  // @ts-expect-error no such column
  stats.rollup({ n: count("points") })
  // @ts-expect-error team is a key already
  stats.groupby("team").rollup({ team: count() })
  // @ts-expect-error the aggregate names a column that the selection dropped
  stats.select("team").groupby("team").rollup({ goals: sum("goals") })

  // join
  const cities = teams.select("team", "city")
  const inner = selected.join(cities, "team")
  same<RowOf<typeof inner>, { team: string; goals: number; city: string }>(true)
  const left = selected.join(cities, "team", "left")
  same<RowOf<typeof left>, { team: string; goals: number; city: string | null }>(true)
  const suffixed = selected.join(teams.select("team", "goals"), "team", "inner", { suffix: "_team" })
  same<RowOf<typeof suffixed>, { team: string; goals: number; goals_team: number }>(true)
  selected.join(teams.select("team", "goals"), ["team", "goals"])
  // @ts-expect-error both have goals: a suffix is needed
  selected.join(teams, "team")
  // @ts-expect-error not a column of both
  selected.join(cities, "city")
  // @ts-expect-error a number never equals a bigint
  stats.join(teams, "player_id", "inner", { suffix: "_team" })
  // @ts-expect-error no such kind
  selected.join(cities, "team", "outer")

  // @ts-expect-error rows of other columns
  stats.concat(teams)
}

const totalGoals = <Row extends { team: string; goals: number }>(frame: Frame<Row>) =>
  frame.column("goals").length + frame.filter((row) => row.goals > 1).numRows

const anyFrame = <Row extends object>(frame: Frame<Row>) => frame.numRows

export const widths = (stats: Frame<Stat>, teams: Frame<{ team: string }>) => {
  totalGoals(stats)
  // @ts-expect-error a column is missing
  totalGoals(teams)
  anyFrame(stats)
}
