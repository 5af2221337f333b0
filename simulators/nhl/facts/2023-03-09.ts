/** San Jose 2, St. Louis 4. A regular-season game between two teams that are not in the week. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022021032,
  season: "20222023",
  type: "regular",
  date: "2023-03-09",
  startsAt: "2023-03-10T01:00:00Z",
  venue: "Enterprise Center",
  away: {
    team: "SJS",
    score: 2,
    shots: 34,
    skaters: `
                                  G  A  hits PIM shots TOI
       7 Nico Sturm            C    0  0     1   0     0  14:01
      10 Evgeny Svechnikov     L    0  0     1   0     2  09:37
      16 Steven Lorentz        C    0  0     0   2     1  12:43
      18 Andreas Johnsson      L    0  1     1   0     2  15:07
      20 Fabian Zetterlund     L    0  0     1   2     3  17:44
      23 Oskar Lindblom        L    0  0     0   0     1  08:51
      39 Logan Couture         C    0  0     0   0     1  20:02
      48 Tomas Hertl           C    1  0     2   0     5  21:47
      62 Kevin Labanc          R    0  0     0   0     0  04:59
      72 William Eklund        L    0  0     1   0     1  22:17
      73 Noah Gregor           C    0  0     0   0     3  11:43
      94 Alexander Barabanov   L    0  2     0   2     2  18:29
       5 Matt Benning          D    0  0     0   0     1  19:33
      38 Mario Ferraro         D    0  0     5   0     2  22:24
      44 Marc-Edouard Vlasic   D    0  0     0   0     2  16:41
      55 Derrick Pouliot       D    0  0     0   0     1  16:19
      65 Erik Karlsson         D    1  0     0   2     6  25:25
      71 Nikolai Knyzhov       D    0  0     0   0     1  16:17
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      36 Kaapo Kahkonen        G    0  0     0    30    26  59:06
    `,
    scratches: `
       9 Jacob MacDonald
      51 Radim Simek
    `
  },
  home: {
    team: "STL",
    score: 4,
    shots: 30,
    skaters: `
                                  G  A  hits PIM shots TOI
      10 Brayden Schenn        C    0  0     0   0     0  19:32
      13 Alexey Toropchenko    R    0  0     2   0     0  15:45
      15 Jakub Vrana           L    1  0     1   0     4  14:34
      17 Josh Leivo            L    0  0     0   0     2  09:34
      18 Robert Thomas         C    1  1     0   2     2  17:01
      20 Brandon Saad          L    0  1     0   0     2  15:43
      25 Jordan Kyrou          C    0  1     0   0     5  16:21
      26 Nathan Walker         L    0  0     4   0     1  08:26
      42 Kasperi Kapanen       R    0  1     1   2     1  14:25
      59 Nikita Alexandrov     C    0  0     0   0     1  09:14
      79 Sammy Blais           L    1  0     4   2     1  14:01
      89 Pavel Buchnevich      L    0  2     0   0     2  19:26
       4 Nick Leddy            D    0  0     0   0     0  19:49
       6 Marco Scandella       D    0  0     3   0     1  20:56
      43 Calle Rosen           D    0  0     0   0     0  14:02
      47 Torey Krug            D    1  0     0   0     3  18:02
      55 Colton Parayko        D    0  1     1   2     1  21:21
      72 Justin Faulk          D    0  0     1   0     4  23:48
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      50 Jordan Binnington     G    0  0     0    34    32  60:00
    `,
    scratches: `
       9 Tyler Pitlick
      22 Logan Brown
      41 Robert Bortuzzo
      75 Tyler Tucker
    `
  }
})
