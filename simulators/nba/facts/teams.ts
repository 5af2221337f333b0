/** The thirty teams, with the league's own numbers for them. */
export interface Team {
  readonly id: number
  readonly tricode: string
  readonly city: string
  readonly name: string
  readonly slug: string
}

/** The teams are numbered from here on in the order of the list. */
const first = 1_610_612_737

const list = [
  "ATL Atlanta Hawks", "BOS Boston Celtics", "CLE Cleveland Cavaliers", "NOP New_Orleans Pelicans", "CHI Chicago Bulls",
  "DAL Dallas Mavericks", "DEN Denver Nuggets", "GSW Golden_State Warriors", "HOU Houston Rockets", "LAC LA Clippers",
  "LAL Los_Angeles Lakers", "MIA Miami Heat", "MIL Milwaukee Bucks", "MIN Minnesota Timberwolves", "BKN Brooklyn Nets",
  "NYK New_York Knicks", "ORL Orlando Magic", "IND Indiana Pacers", "PHI Philadelphia 76ers", "PHX Phoenix Suns",
  "POR Portland Trail_Blazers", "SAC Sacramento Kings", "SAS San_Antonio Spurs", "OKC Oklahoma_City Thunder",
  "TOR Toronto Raptors", "UTA Utah Jazz", "MEM Memphis Grizzlies", "WAS Washington Wizards", "DET Detroit Pistons",
  "CHA Charlotte Hornets"
]

export const teams: ReadonlyArray<Team> = list.map((line, i) => {
  const [tricode = "", city = "", name = ""] = line.split(" ").map((word) => word.replaceAll("_", " "))
  return { id: first + i, tricode, city, name, slug: name.toLowerCase().replaceAll(" ", "-") }
})

/** Names that invented players are put together from. */
export const firstNames = [
  "Ade", "Bruno", "Cole", "Dario", "Emil", "Felix", "Gus", "Hugo", "Ivo", "Jonas", "Kofi", "Leo", "Marek", "Nils", "Otto",
  "Pau", "Quinn", "Remy", "Sven", "Tariq", "Ugo", "Vito", "Wim", "Yuri", "Zeno"
]
export const familyNames = [
  "Abara", "Bell", "Castell", "Drum", "Eklund", "Farrow", "Grove", "Hale", "Ilves", "Jurić", "Kane", "Lund", "Marsh",
  "Novak", "O'Dell", "Pryce", "Quill", "Rowe", "Sato", "Thorn", "Ueda", "Vance", "Wolfe", "Yates", "Zeller"
]
