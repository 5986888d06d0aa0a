import type { PageLanguage } from '../language.js';

/** Dutch. */
export const language: PageLanguage = {
  lang: 'nl',
  dir: 'ltr',
  app: 'de app',
  detailLabel: 'Bericht van de inlogdienst',
  codeLabel: 'Foutcode:',
  helpLabel: 'Hulp krijgen',
  texts: {
    pending: { heading: 'Je wordt ingelogd', message: 'Een ogenblik geduld.' },
    finishing: { heading: 'Inloggen wordt afgerond', message: 'Nog even geduld, {app} rondt het inloggen af.' },
    return_to_app: {
      heading: 'Ga terug naar {app}',
      message: 'Je inlogpoging is doorgegeven. Het resultaat zie je in {app}.',
    },
    success: { heading: 'Je bent ingelogd', message: 'Je kunt dit venster sluiten en teruggaan naar {app}.' },
    denied: {
      heading: 'Inloggen geannuleerd',
      message: 'Er is geen toegang verleend, dus er is niets gedeeld. Je kunt dit venster sluiten.',
    },
    refused: {
      heading: 'Inloggen is niet gelukt',
      message: 'De inlogdienst meldde een fout. Ga terug naar {app} en probeer het opnieuw.',
    },
    failed: {
      heading: 'Inloggen is niet afgerond',
      message:
        'De inlogdienst gaf akkoord, maar {app} kon het inloggen niet afronden. Ga terug naar {app} en probeer het opnieuw.',
    },
    state_foreign: {
      heading: 'Hier wacht geen inlogpoging',
      message:
        'Deze pagina hoort misschien bij een eerdere inlogpoging en is daarom genegeerd. Wil je inloggen, begin dan opnieuw vanuit {app}.',
    },
    state_used: {
      heading: 'Deze inloglink is al gebruikt',
      message: 'Je hoeft hier niets meer te doen. Je kunt dit venster sluiten en teruggaan naar {app}.',
    },
    sign_in_ended: {
      heading: 'Deze inlogpoging is afgelopen',
      message: 'Die is geannuleerd of niet gelukt. Wil je inloggen, begin dan opnieuw vanuit {app}.',
    },
    malformed: {
      heading: 'Het antwoord was niet leesbaar',
      message: 'De inlogdienst stuurde iets onbegrijpelijks. Ga terug naar {app} en probeer het opnieuw.',
    },
    wrong_issuer: {
      heading: 'Antwoord van een onverwachte dienst',
      message:
        'Het antwoord kwam niet van de verwachte inlogdienst. Voor je veiligheid is het genegeerd. Begin opnieuw vanuit {app}.',
    },
    nothing: {
      heading: 'Hier is niets te doen',
      message: 'Deze pagina verwerkt het inloggen voor {app}. Je kunt de pagina sluiten.',
    },
    unreachable: {
      heading: 'Geen verbinding met {app}',
      message: 'De app is misschien gesloten of wacht niet meer. Begin opnieuw vanuit {app}.',
    },
    no_script: {
      heading: 'JavaScript is nodig',
      message:
        'Zet JavaScript aan voor deze pagina en laad de pagina opnieuw om het inloggen af te ronden. Of kopieer het adres van deze pagina naar {app}, als daarom wordt gevraagd.',
    },
    too_large: {
      heading: 'Te veel cookies',
      message:
        'Je browser stuurde te veel cookies mee. Ze komen van andere apps op dit adres. Open een privévenster of wis de cookies voor dit adres en probeer het opnieuw.',
    },
    bad_request: {
      heading: 'Dit verzoek kan niet worden beantwoord',
      message: 'Het adres is misschien onvolledig of beschadigd. Begin opnieuw vanuit {app}.',
    },
    error_without_state: {
      heading: 'De inlogdienst meldde een fout',
      message:
        'De dienst gaf niet aan bij welke inlogpoging de fout hoort. Daarom is de fout genegeerd. Wilde je net inloggen, begin dan opnieuw vanuit {app}.',
    },
    foreign_host: {
      heading: 'Onbekend adres',
      message:
        'Deze pagina is geopend op een adres dat {app} niet gebruikt. Begin opnieuw vanuit {app} en controleer het adres als er een tunnel of proxy tussen zit.',
    },
    not_forwarded: {
      heading: 'Je inlogpoging is niet doorgegeven',
      message:
        'De browser liet die niet door naar {app}. Een extensie of een privacyinstelling kan de oorzaak zijn. Probeer het opnieuw in een privévenster of in een andere browser.',
    },
    copy_address: {
      heading: 'Adres kopiëren',
      message: 'Kopieer het adres van deze pagina met de knop en plak het waar {app} erom vraagt.',
    },
    address_copied: { heading: 'Adres gekopieerd', message: 'Plak het nu waar {app} erom vraagt.' },
    close_window: { heading: 'Ctrl+W', message: 'Druk op {keys} om dit venster te sluiten.' },
  },
};
