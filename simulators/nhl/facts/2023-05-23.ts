/** Vegas 4, Dallas 0. Jamie Benn was sent off after 42 seconds of ice time; two Dallas goalies played. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030323,
  season: "20222023",
  type: "playoff",
  date: "2023-05-23",
  startsAt: "2023-05-24T00:00:00Z",
  venue: "American Airlines Center",
  away: {
    team: "VGK",
    score: 4,
    shots: 16,
    skaters: `
                                  G  A  hits PIM shots TOI
       9 Jack Eichel           C    0  1     1   0     0  20:24
      10 Nicolas Roy           C    0  2     5   0     1  17:33
      19 Reilly Smith          R    0  0     1   0     1  17:47
      20 Chandler Stephenson   C    0  0     0   0     0  19:16
      21 Brett Howden          C    0  0     0   2     0  07:24
      28 William Carrier       L    1  0     3   0     1  11:58
      49 Ivan Barbashev        L    1  2     3   0     1  16:55
      53 Teddy Blueger         C    0  1     1   0     1  11:21
      55 Keegan Kolesar        R    0  1     2   0     0  09:20
      61 Mark Stone            R    0  0     0   0     1  18:50
      71 William Karlsson      C    0  0     0   0     2  17:03
      81 Jonathan Marchessault R    1  0     1   0     3  20:17
       2 Zach Whitecloud       D    0  0     1   0     0  17:46
       3 Brayden McNabb        D    0  0     0   0     0  13:58
       7 Alex Pietrangelo      D    1  0     0   2     1  20:26
      14 Nicolas Hague         D    0  0     1   2     0  16:51
      23 Alec Martinez         D    0  0     1   0     1  17:23
      27 Shea Theodore         D    0  0     0   0     3  21:42
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      32 Jonathan Quick        G    0  0     0     0     0  00:00
      33 Adin Hill             G    0  0     0    34    34  59:46
    `
  },
  home: {
    team: "DAL",
    score: 0,
    shots: 34,
    skaters: `
                                  G  A  hits PIM shots TOI
      10 Ty Dellandrea         C    0  0     1   4     2  15:21
      12 Radek Faksa           C    0  0     2   0     4  18:10
      14 Jamie Benn            L    0  0     0  15     1  00:42
      16 Joe Pavelski          C    0  0     0   0     1  14:20
      18 Max Domi              C    0  0     2  14     2  11:52
      21 Jason Robertson       L    0  0     1   0     1  17:45
      24 Roope Hintz           C    0  0     3   0     3  15:27
      25 Joel Kiviranta        L    0  0     1   0     1  18:02
      27 Mason Marchment       L    0  0     2   0     1  15:36
      53 Wyatt Johnston        C    0  0     0   0     4  18:27
      63 Evgenii Dadonov       L    0  0     0   0     0  02:52
      91 Tyler Seguin          C    0  0     0   0     3  20:45
       2 Jani Hakanpää         D    0  0     4   0     2  18:14
       4 Miro Heiskanen        D    0  0     0   2     1  22:00
      20 Ryan Suter            D    0  0     0   0     1  20:11
      23 Esa Lindell           D    0  0     1   0     5  22:16
      44 Joel Hanley           D    0  0     2   0     1  16:18
      55 Thomas Harley         D    0  0     2   0     1  18:11
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      29 Jake Oettinger        G    0  0     0     5     2  07:10
      41 Scott Wedgewood       G    0  0     0    11    10  52:33
    `,
    scratches: `
       6 Colin Miller
      11 Luke Glendening
    `
  }
})
