/** Dallas 2, Vegas 3. An afternoon game; Chandler Stephenson ended it after 1:12 of overtime. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030322,
  season: "20222023",
  type: "playoff",
  date: "2023-05-21",
  startsAt: "2023-05-21T19:00:00Z",
  venue: "T-Mobile Arena",
  away: {
    team: "DAL",
    score: 2,
    shots: 28,
    skaters: `
                                  G  A  hits PIM shots TOI
      11 Luke Glendening       C    0  1     2   0     1  10:37
      12 Radek Faksa           C    0  0     1   0     0  13:10
      14 Jamie Benn            L    0  0     4   0     1  18:16
      16 Joe Pavelski          C    0  0     0   0     1  20:15
      18 Max Domi              C    0  0     0   0     2  13:10
      21 Jason Robertson       L    1  0     3   0     2  19:34
      24 Roope Hintz           C    0  0     2   0     2  18:08
      25 Joel Kiviranta        L    0  0     0   0     4  11:46
      27 Mason Marchment       L    0  0     4   0     1  13:30
      53 Wyatt Johnston        C    0  0     0   0     4  17:06
      63 Evgenii Dadonov       L    0  1     2   0     3  17:09
      91 Tyler Seguin          C    0  0     0   0     2  13:01
       4 Miro Heiskanen        D    1  0     2   0     3  28:19
       6 Colin Miller          D    0  0     4   0     0  15:29
      20 Ryan Suter            D    0  2     2   0     1  24:56
      23 Esa Lindell           D    0  0     0   0     0  19:57
      44 Joel Hanley           D    0  0     1   2     0  13:36
      55 Thomas Harley         D    0  0     0   2     1  15:24
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      29 Jake Oettinger        G    0  0     0    24    21  61:12
      41 Scott Wedgewood       G    0  0     0     0     0  00:00
    `,
    scratches: `
       2 Jani Hakanpää
      10 Ty Dellandrea
    `
  },
  home: {
    team: "VGK",
    score: 3,
    shots: 24,
    skaters: `
                                  G  A  hits PIM shots TOI
       9 Jack Eichel           C    0  1     0   0     3  16:17
      10 Nicolas Roy           C    0  0     1   0     2  17:30
      19 Reilly Smith          R    0  0     2   0     1  18:13
      20 Chandler Stephenson   C    1  1     2   4     1  15:48
      21 Brett Howden          C    0  0     4   0     2  16:59
      28 William Carrier       L    0  0     4   0     1  08:45
      49 Ivan Barbashev        L    0  1     4   0     0  15:23
      53 Teddy Blueger         C    0  0     1   0     0  10:06
      55 Keegan Kolesar        R    0  0     3   0     0  08:23
      61 Mark Stone            R    1  1     1   0     2  17:06
      71 William Karlsson      C    0  0     1   0     1  18:26
      81 Jonathan Marchessault R    1  1     2   2     3  16:47
       2 Zach Whitecloud       D    0  0     0   0     1  19:08
       3 Brayden McNabb        D    0  0     2   0     0  18:10
       7 Alex Pietrangelo      D    0  0     0   0     2  25:03
      14 Nicolas Hague         D    0  0     2   0     2  18:51
      23 Alec Martinez         D    0  0     1   0     1  22:44
      27 Shea Theodore         D    0  1     1   0     2  16:55
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      32 Jonathan Quick        G    0  0     0     0     0  00:00
      33 Adin Hill             G    0  0     0    28    26  61:04
    `
  }
})
