/** Florida 2, Carolina 1. Overtime again: Matthew Tkachuk after 1:51. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030312,
  season: "20222023",
  type: "playoff",
  date: "2023-05-20",
  startsAt: "2023-05-21T00:00:00Z",
  venue: "PNC Arena",
  away: {
    team: "FLA",
    score: 2,
    shots: 26,
    skaters: `
                                  G  A  hits PIM shots TOI
       6 Colin White           C    0  0     0   0     0  07:37
       9 Sam Bennett           C    0  1     4   2     6  19:49
      10 Anthony Duclair       L    0  0     1   0     3  15:34
      12 Eric Staal            C    0  0     0   0     1  09:22
      13 Sam Reinhart          C    0  1     1   0     1  19:03
      15 Anton Lundell         C    0  0     0   0     0  15:34
      16 Aleksander Barkov     C    1  0     1   2     3  20:50
      19 Matthew Tkachuk       L    1  0     3   2     4  19:42
      21 Nick Cousins          C    0  0     5   0     1  14:08
      23 Carter Verhaeghe      C    0  0     0   0     0  16:52
      27 Eetu Luostarinen      C    0  0     3   0     0  15:21
      94 Ryan Lomberg          L    0  0     3   0     0  07:30
       5 Aaron Ekblad          D    0  0     3   0     2  23:12
       7 Radko Gudas           D    0  0     3   2     0  15:46
      18 Marc Staal            D    0  0     2   0     1  20:43
      28 Joshua Mahura         D    0  1     0   0     0  14:01
      42 Gustav Forsling       D    0  0     0   0     1  23:19
      62 Brandon Montour       D    0  0     1   0     3  24:52
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      34 Alex Lyon             G    0  0     0     0     0  00:00
      72 Sergei Bobrovsky      G    0  0     0    38    37  61:51
    `
  },
  home: {
    team: "CAR",
    score: 1,
    shots: 38,
    skaters: `
                                  G  A  hits PIM shots TOI
      11 Jordan Staal          C    0  0     0   0     7  16:54
      18 Jack Drury            C    0  0     2   0     2  11:28
      20 Sebastian Aho         C    0  1     2   0     2  19:05
      23 Stefan Noesen         R    0  1     2   0     3  16:35
      24 Seth Jarvis           C    0  0     4   0     2  17:54
      26 Paul Stastny          C    0  0     1   0     5  10:43
      28 Mackenzie MacEachern  L    0  0     2   0     0  07:08
      48 Jordan Martinook      L    0  0     4   0     4  16:26
      71 Jesper Fast           R    0  0     0   0     0  18:14
      82 Jesperi Kotkaniemi    C    0  0     0   2     1  16:47
      86 Teuvo Teravainen      C    0  0     1   0     2  16:40
      88 Martin Necas          C    0  0     1   0     1  18:45
       5 Jalen Chatfield       D    1  0     2   0     1  12:25
       8 Brent Burns           D    0  0     1   2     1  23:07
      22 Brett Pesce           D    0  0     0   0     2  22:03
      41 Shayne Gostisbehere   D    0  0     0   4     1  16:07
      74 Jaccob Slavin         D    0  0     0   0     3  21:31
      76 Brady Skjei           D    0  0     2   0     1  23:11
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      31 Frederik Andersen     G    0  0     0     0     0  00:00
      32 Antti Raanta          G    0  0     0    26    24  61:51
    `,
    scratches: `
      21 Derek Stepan
    `
  }
})
