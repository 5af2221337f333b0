/** Carolina 0, Florida 1. One goal, one shutout: Sergei Bobrovsky stopped all 32 shots. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030313,
  season: "20222023",
  type: "playoff",
  date: "2023-05-22",
  startsAt: "2023-05-23T00:00:00Z",
  venue: "FLA Live Arena",
  away: {
    team: "CAR",
    score: 0,
    shots: 32,
    skaters: `
                                  G  A  hits PIM shots TOI
      11 Jordan Staal          C    0  0     2   2     1  16:19
      18 Jack Drury            C    0  0     1   0     0  11:45
      20 Sebastian Aho         C    0  0     3   2     5  20:45
      23 Stefan Noesen         R    0  0     1   2     2  14:53
      24 Seth Jarvis           C    0  0     0   0     2  15:48
      26 Paul Stastny          C    0  0     1   0     0  13:42
      28 Mackenzie MacEachern  L    0  0     1   0     1  11:03
      48 Jordan Martinook      L    0  0     1   2     1  16:38
      71 Jesper Fast           R    0  0     4   0     1  14:47
      82 Jesperi Kotkaniemi    C    0  0     0   0     1  10:25
      86 Teuvo Teravainen      C    0  0     2   0     1  11:37
      88 Martin Necas          C    0  0     1   0     2  19:17
       5 Jalen Chatfield       D    0  0     2   0     2  12:36
       8 Brent Burns           D    0  0     1   0     1  24:02
      22 Brett Pesce           D    0  0     0   0     5  22:51
      41 Shayne Gostisbehere   D    0  0     1   0     1  17:21
      74 Jaccob Slavin         D    0  0     0   0     5  20:10
      76 Brady Skjei           D    0  0     2   2     1  21:15
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      31 Frederik Andersen     G    0  0     0    17    16  56:38
      32 Antti Raanta          G    0  0     0     0     0  00:00
    `,
    scratches: `
      21 Derek Stepan
    `
  },
  home: {
    team: "FLA",
    score: 1,
    shots: 17,
    skaters: `
                                  G  A  hits PIM shots TOI
       6 Colin White           C    0  0     0   0     0  07:15
       9 Sam Bennett           C    0  1     4   0     3  23:02
      10 Anthony Duclair       L    0  0     0   0     0  10:54
      12 Eric Staal            C    0  0     0   0     0  07:50
      13 Sam Reinhart          C    1  0     0   0     3  22:15
      15 Anton Lundell         C    0  0     1   0     0  17:29
      16 Aleksander Barkov     C    0  0     0   0     0  03:51
      19 Matthew Tkachuk       L    0  1     2   0     2  24:25
      21 Nick Cousins          C    0  0     2   2     0  16:59
      23 Carter Verhaeghe      C    0  0     0   0     4  20:13
      27 Eetu Luostarinen      C    0  0     4   0     0  15:13
      94 Ryan Lomberg          L    0  0     1   2     0  11:47
       5 Aaron Ekblad          D    0  0     1   2     0  19:51
       7 Radko Gudas           D    0  0     6   0     1  16:22
      18 Marc Staal            D    0  0     2   0     0  18:24
      28 Joshua Mahura         D    0  0     0   0     0  12:40
      42 Gustav Forsling       D    0  0     1   0     2  22:36
      62 Brandon Montour       D    0  0     1   0     2  25:27
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      34 Alex Lyon             G    0  0     0     0     0  00:00
      72 Sergei Bobrovsky      G    0  0     0    32    32  59:27
    `
  }
})
