/**
 * The players of the games: the league's number, the birth date, the name.
 *
 * A dash stands where the birth date was not at hand; it is a gap of this table, not of the world.
 */
import type { Player } from "./Facts.ts"

const table = `
  # Carolina Hurricanes
  8478427  1997-07-26  Sebastian Aho
  8475883  1989-10-02  Frederik Andersen
  8470613  1985-03-09  Brent Burns
  8478970  1996-05-15  Jalen Chatfield
  8480835  2000-02-03  Jack Drury
  8475855  -           Jesper Fast
  8476906  1993-04-20  Shayne Gostisbehere
  8482093  2002-02-01  Seth Jarvis
  8480829  2000-07-06  Jesperi Kotkaniemi
  8476907  -           Mackenzie MacEachern
  8476921  1992-07-25  Jordan Martinook
  8480039  1999-01-15  Martin Necas
  8476474  -           Stefan Noesen
  8477488  -           Brett Pesce
  8477293  -           Antti Raanta
  8476869  -           Brady Skjei
  8476958  1994-05-01  Jaccob Slavin
  8473533  1988-09-10  Jordan Staal
  8471669  -           Paul Stastny
  8474613  -           Derek Stepan
  8476882  -           Teuvo Teravainen

  # Dallas Stars
  8473994  1989-07-18  Jamie Benn
  8474149  1989-03-12  Evgenii Dadonov
  8480848  -           Ty Dellandrea
  8477503  -           Max Domi
  8476889  -           Radek Faksa
  8476822  -           Luke Glendening
  8475825  -           Jani Hakanpää
  8477810  -           Joel Hanley
  8481581  2001-08-19  Thomas Harley
  8480036  1999-07-18  Miro Heiskanen
  8478449  1996-11-17  Roope Hintz
  8482740  2003-05-14  Wyatt Johnston
  8481641  -           Joel Kiviranta
  8476902  1994-05-23  Esa Lindell
  8478975  1995-06-18  Mason Marchment
  8476525  -           Colin Miller
  8479979  1998-12-18  Jake Oettinger
  8470794  -           Joe Pavelski
  8480027  1999-07-22  Jason Robertson
  8475794  1992-01-31  Tyler Seguin
  8470600  -           Ryan Suter
  8475809  -           Scott Wedgewood

  # Florida Panthers
  8477493  1995-09-02  Aleksander Barkov
  8477935  1996-06-20  Sam Bennett
  8475683  1988-09-20  Sergei Bobrovsky
  8476393  -           Nick Cousins
  8477407  -           Anthony Duclair
  8477932  1996-02-07  Aaron Ekblad
  8478055  1996-06-12  Gustav Forsling
  8475462  -           Radko Gudas
  8479066  -           Ryan Lomberg
  8482113  2001-10-03  Anton Lundell
  8480185  1998-09-02  Eetu Luostarinen
  8479312  -           Alex Lyon
  8479372  -           Joshua Mahura
  8477986  -           Brandon Montour
  8477933  1995-11-06  Sam Reinhart
  8470595  -           Eric Staal
  8471686  -           Marc Staal
  8479314  1997-12-11  Matthew Tkachuk
  8477409  1995-08-14  Carter Verhaeghe
  8478400  -           Colin White

  # Vegas Golden Knights
  8477964  1995-12-14  Ivan Barbashev
  8476927  -           Teddy Blueger
  8477478  1994-12-20  William Carrier
  8478403  1996-10-28  Jack Eichel
  8479980  1998-12-05  Nicolas Hague
  8478499  1996-05-11  Adin Hill
  8479353  1998-03-29  Brett Howden
  8476448  1993-01-08  William Karlsson
  8478434  1997-04-08  Keegan Kolesar
  8476539  -           Jonathan Marchessault
  8474166  -           Alec Martinez
  8475188  1991-01-21  Brayden McNabb
  8474565  1990-01-18  Alex Pietrangelo
  8471734  -           Jonathan Quick
  8478462  1997-02-05  Nicolas Roy
  8475191  -           Reilly Smith
  8476905  -           Chandler Stephenson
  8475913  1992-05-13  Mark Stone
  8477447  1995-08-03  Shea Theodore
  8480727  1996-11-28  Zach Whitecloud

  # San Jose Sharks
  8482222  1994-06-17  Alexander Barabanov
  8476988  1994-05-25  Matt Benning
  8474053  1989-03-28  Logan Couture
  8482667  2002-10-12  William Eklund
  8479983  1998-09-17  Mario Ferraro
  8479393  1998-07-28  Noah Gregor
  8476881  1993-11-12  Tomas Hertl
  8477341  1994-11-21  Andreas Johnsson
  8478039  1996-08-16  Kaapo Kahkonen
  8474578  1990-05-31  Erik Karlsson
  8481812  1998-03-20  Nikolai Knyzhov
  8478099  1995-12-12  Kevin Labanc
  8478067  1996-08-15  Oskar Lindblom
  8478904  1996-04-13  Steven Lorentz
  8479439  1993-02-26  Jacob MacDonald
  8476884  1994-01-16  Derrick Pouliot
  8480160  1992-09-20  Radim Simek
  8481477  1995-05-03  Nico Sturm
  8478431  1996-10-31  Evgeny Svechnikov
  8471709  1987-03-30  Marc-Edouard Vlasic
  8480188  1999-08-25  Fabian Zetterlund

  # St. Louis Blues
  8481543  2000-09-16  Nikita Alexandrov
  8476412  1993-07-11  Jordan Binnington
  8478104  1996-06-17  Sammy Blais
  8474145  1989-03-18  Robert Bortuzzo
  8479366  1998-03-05  Logan Brown
  8477402  1995-04-17  Pavel Buchnevich
  8475753  1992-03-20  Justin Faulk
  8477953  1996-07-23  Kasperi Kapanen
  8476792  1991-04-12  Torey Krug
  8479385  1998-05-05  Jordan Kyrou
  8475181  1991-03-20  Nick Leddy
  8476410  1993-05-26  Josh Leivo
  8476892  1993-05-12  Colton Parayko
  8475752  1991-11-01  Tyler Pitlick
  8480157  1994-02-02  Calle Rosen
  8476438  1992-10-27  Brandon Saad
  8474618  1990-02-23  Marco Scandella
  8475170  1991-08-22  Brayden Schenn
  8480023  1999-07-02  Robert Thomas
  8480281  1999-06-25  Alexey Toropchenko
  8481006  2000-03-01  Tyler Tucker
  8477944  1996-02-28  Jakub Vrana
  8477573  1994-02-07  Nathan Walker
`

const row = /^(?<id>\d{7}) +(?<birthDate>\d{4}-\d\d-\d\d|-) +(?<name>.+)$/

const parse = (line: string): Player => {
  const { birthDate, id, name } = row.exec(line)?.groups ?? {}
  if (id === undefined || name === undefined) throw new Error(`The line "${line}" of players.ts is no player.`)
  return { id: Number(id), name, birthDate: birthDate === undefined || birthDate === "-" ? null : birthDate }
}

export const players: ReadonlyArray<Player> = table
  .split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#")).map(parse)
