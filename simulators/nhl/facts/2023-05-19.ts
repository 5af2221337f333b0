/** Dallas 3, Vegas 4. Brett Howden won it after 1:35 of overtime. */
import { game } from "./GameTable.ts"

export default game({
  id: 2022030321,
  season: "20222023",
  type: "playoff",
  date: "2023-05-19",
  startsAt: "2023-05-20T00:30:00Z",
  venue: "T-Mobile Arena",
  away: {
    team: "DAL",
    score: 3,
    shots: 36,
    skaters: `
                                  G  A  hits PIM shots TOI
      11 Luke Glendening       C    0  0     1   0     1  11:41
      12 Radek Faksa           C    0  0     2   0     0  13:34
      14 Jamie Benn            L    1  0     0   0     3  16:08
      16 Joe Pavelski          C    0  2     0   0     2  19:06
      18 Max Domi              C    0  0     0   0     1  14:12
      21 Jason Robertson       L    1  1     1   0     2  19:13
      24 Roope Hintz           C    1  2     1   0     4  19:08
      25 Joel Kiviranta        L    0  0     2   0     0  11:19
      27 Mason Marchment       L    0  0     0   0     1  14:01
      53 Wyatt Johnston        C    0  0     3   0     6  16:08
      63 Evgenii Dadonov       L    0  0     0   0     2  15:50
      91 Tyler Seguin          C    0  0     0   2     6  16:14
       4 Miro Heiskanen        D    0  0     1   0     1  29:23
       6 Colin Miller          D    0  0     4   0     2  14:28
      20 Ryan Suter            D    0  0     0   0     2  24:52
      23 Esa Lindell           D    0  0     1   0     1  21:40
      44 Joel Hanley           D    0  0     0   0     1  14:06
      55 Thomas Harley         D    0  0     1   0     1  15:08
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      29 Jake Oettinger        G    0  0     0    37    33  61:19
      41 Scott Wedgewood       G    0  0     0     0     0  00:00
    `,
    scratches: `
       2 Jani Hakanpää
      10 Ty Dellandrea
    `
  },
  home: {
    team: "VGK",
    score: 4,
    shots: 37,
    skaters: `
                                  G  A  hits PIM shots TOI
       9 Jack Eichel           C    0  0     0   0     4  18:31
      10 Nicolas Roy           C    0  1     4   0     2  15:20
      19 Reilly Smith          R    0  0     3   0     6  16:25
      20 Chandler Stephenson   C    0  1     1   2     2  17:16
      21 Brett Howden          C    1  0     0   0     2  15:04
      28 William Carrier       L    0  0     2   0     0  08:59
      49 Ivan Barbashev        L    0  0     4   0     1  17:23
      53 Teddy Blueger         C    1  0     2   0     2  11:13
      55 Keegan Kolesar        R    0  1     6   0     0  09:52
      61 Mark Stone            R    0  1     1   2     1  16:16
      71 William Karlsson      C    2  0     0   0     3  16:23
      81 Jonathan Marchessault R    0  0     3   0     2  20:02
       2 Zach Whitecloud       D    0  2     1   0     1  20:14
       3 Brayden McNabb        D    0  0     1   0     1  20:01
       7 Alex Pietrangelo      D    0  1     0   0     2  21:58
      14 Nicolas Hague         D    0  0     1   0     4  20:10
      23 Alec Martinez         D    0  1     0   0     1  19:48
      27 Shea Theodore         D    0  0     0   0     3  19:00
    `,
    goalies: `
                                  G  A   PIM shots saves TOI
      32 Jonathan Quick        G    0  0     0     0     0  00:00
      33 Adin Hill             G    0  0     0    36    33  61:35
    `
  }
})
