/** Carolina 3, Florida 4. Matthew Tkachuk scored with five seconds left and Florida went to the final. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030314,
  season: "20222023",
  type: "playoff",
  date: "2023-05-24",
  startsAt: "2023-05-25T00:00:00Z",
  venue: "FLA Live Arena",
  away: {
    team: "CAR",
    score: 3,
    shots: 39,
    skaters: `
                                  G  A  hits PIM shots TOI
      11 Jordan Staal          C    0  0     5   2     1  19:37
      18 Jack Drury            C    0  0     1   0     4  10:44
      20 Sebastian Aho         C    0  0     4   2     5  19:15
      23 Stefan Noesen         R    0  0     0   0     1  03:43
      24 Seth Jarvis           C    0  0     1   0     2  20:57
      26 Paul Stastny          C    1  0     2   0     1  14:31
      28 Mackenzie MacEachern  L    0  0     2   0     0  13:13
      48 Jordan Martinook      L    0  2     1   2     2  17:45
      71 Jesper Fast           R    1  0     2   0     3  17:16
      82 Jesperi Kotkaniemi    C    0  1     1   0     1  08:20
      86 Teuvo Teravainen      C    1  0     0   0     3  16:56
      88 Martin Necas          C    0  0     2   0     3  17:46
       5 Jalen Chatfield       D    0  1     0   0     0  15:12
       8 Brent Burns           D    0  0     1   4     5  24:55
      22 Brett Pesce           D    0  0     0   0     3  25:51
      41 Shayne Gostisbehere   D    0  0     0   0     3  20:53
      74 Jaccob Slavin         D    0  0     0   0     0  00:46
      76 Brady Skjei           D    0  2    11   0     2  25:40
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      31 Frederik Andersen     G    0  0     0    24    20  59:55
      32 Antti Raanta          G    0  0     0     0     0  00:00
    `,
    scratches: `
      21 Derek Stepan
    `
  },
  home: {
    team: "FLA",
    score: 4,
    shots: 24,
    skaters: `
                                  G  A  hits PIM shots TOI
       6 Colin White           C    0  1     2   0     0  05:33
       9 Sam Bennett           C    0  0     4   0     6  18:58
      10 Anthony Duclair       L    1  0     1   0     2  13:34
      12 Eric Staal            C    0  1     0   0     0  09:05
      13 Sam Reinhart          C    0  1     1   0     1  22:35
      15 Anton Lundell         C    0  0     1   0     2  16:02
      16 Aleksander Barkov     C    0  2     4   0     2  22:15
      19 Matthew Tkachuk       L    2  0     2   2     4  18:48
      21 Nick Cousins          C    0  0     0   0     1  12:15
      23 Carter Verhaeghe      C    0  1     0   2     2  18:14
      27 Eetu Luostarinen      C    0  0     0   2     0  07:32
      94 Ryan Lomberg          L    1  0     2   0     1  09:58
       5 Aaron Ekblad          D    0  1     1   0     0  22:56
       7 Radko Gudas           D    0  0     4   4     1  17:21
      18 Marc Staal            D    0  0     0   0     1  17:29
      28 Joshua Mahura         D    0  0     0   0     0  13:04
      42 Gustav Forsling       D    0  1     0   0     0  24:25
      62 Brandon Montour       D    0  0     0   0     1  21:56
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      34 Alex Lyon             G    0  0     0     0     0  00:00
      72 Sergei Bobrovsky      G    0  0     0    39    36  60:00
    `
  }
})
