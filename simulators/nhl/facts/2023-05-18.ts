/** Florida 3, Carolina 2. Matthew Tkachuk ended it late in the fourth overtime, after midnight in New York. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030311,
  season: "20222023",
  type: "playoff",
  date: "2023-05-18",
  startsAt: "2023-05-19T00:00:00Z",
  venue: "PNC Arena",
  away: {
    team: "FLA",
    score: 3,
    shots: 60,
    skaters: `
                                  G  A  hits PIM shots TOI
       6 Colin White           C    0  0     1   0     1  21:37
       9 Sam Bennett           C    0  1     1   4     4  38:33
      10 Anthony Duclair       L    0  2     0   2     8  35:51
      12 Eric Staal            C    0  0     1   0     2  24:04
      13 Sam Reinhart          C    0  0     2   0     2  40:58
      15 Anton Lundell         C    0  0     0   0     2  37:30
      16 Aleksander Barkov     C    1  1     5   0     3  44:20
      19 Matthew Tkachuk       L    1  0     3   0     3  40:31
      21 Nick Cousins          C    0  0     5   0     2  31:52
      23 Carter Verhaeghe      C    1  1     1   2     6  44:59
      27 Eetu Luostarinen      C    0  0     5   0     2  33:28
      94 Ryan Lomberg          L    0  0     2   0     2  18:46
       5 Aaron Ekblad          D    0  0     4   2     2  52:10
       7 Radko Gudas           D    0  0    12   0     2  36:23
      18 Marc Staal            D    0  0     2   2     2  44:44
      28 Joshua Mahura         D    0  0     1   0     3  29:08
      42 Gustav Forsling       D    0  0     0   0     6  55:41
      62 Brandon Montour       D    0  0     1   0     8  57:56
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      34 Alex Lyon             G    0  0     0     0     0  00:00
      72 Sergei Bobrovsky      G    0  0     0    65    63 139:47
    `
  },
  home: {
    team: "CAR",
    score: 2,
    shots: 65,
    skaters: `
                                  G  A  hits PIM shots TOI
      11 Jordan Staal          C    0  0     3   0     4  35:33
      18 Jack Drury            C    0  0     0   0     6  26:15
      20 Sebastian Aho         C    0  1     0   0     6  45:56
      21 Derek Stepan          C    0  0     2   0     3  20:25
      23 Stefan Noesen         R    1  0     6   0     5  38:47
      24 Seth Jarvis           C    1  1     0   0     4  41:32
      26 Paul Stastny          C    0  0     0   0     0  24:11
      48 Jordan Martinook      L    0  0     1   0     5  38:30
      71 Jesper Fast           R    0  0     5   0     2  36:07
      82 Jesperi Kotkaniemi    C    0  0     2   0     3  35:19
      86 Teuvo Teravainen      C    0  0     1   0     1  37:28
      88 Martin Necas          C    0  1     0   2     5  41:30
       5 Jalen Chatfield       D    0  0     2   0     2  33:28
       8 Brent Burns           D    0  1     5   2     8  54:43
      22 Brett Pesce           D    0  0     3   2     2  47:51
      41 Shayne Gostisbehere   D    0  0     0   0     3  35:24
      74 Jaccob Slavin         D    0  0     3   0     3  51:41
      76 Brady Skjei           D    0  0     2   0     3  48:19
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      31 Frederik Andersen     G    0  0     0    60    57 139:43
      32 Antti Raanta          G    0  0     0     0     0  00:00
    `,
    scratches: `
      28 Mackenzie MacEachern
    `
  }
})
