import type { PageLanguage } from '../language.js';

/** German. */
export const language: PageLanguage = {
  lang: 'de',
  dir: 'ltr',
  app: 'der App',
  detailLabel: 'Nachricht des Anmeldedienstes',
  codeLabel: 'Fehlercode:',
  helpLabel: 'Hilfe',
  texts: {
    pending: { heading: 'Du wirst angemeldet', message: 'Einen Moment, bitte.' },
    finishing: {
      heading: 'Anmeldung wird abgeschlossen',
      message: 'Einen Moment noch. Deine Anmeldung wird gerade von {app} abgeschlossen.',
    },
    return_to_app: {
      heading: 'Weiter in {app}',
      message: 'Deine Anmeldung wurde weitergegeben. Das Ergebnis siehst du in {app}.',
    },
    success: {
      heading: 'Du bist angemeldet',
      message: 'Du kannst dieses Fenster schließen und in {app} weitermachen.',
    },
    denied: {
      heading: 'Anmeldung abgebrochen',
      message: 'Der Zugriff wurde nicht erlaubt, daher wurde nichts geteilt. Du kannst dieses Fenster schließen.',
    },
    refused: {
      heading: 'Die Anmeldung hat nicht geklappt',
      message: 'Der Anmeldedienst hat einen Fehler gemeldet. Versuche es in {app} noch einmal.',
    },
    failed: {
      heading: 'Anmeldung nicht abgeschlossen',
      message:
        'Der Anmeldedienst hat zugestimmt, aber die Anmeldung konnte von {app} nicht abgeschlossen werden. Versuche es dort noch einmal.',
    },
    state_foreign: {
      heading: 'Hier wartet keine Anmeldung',
      message:
        'Diese Seite stammt vielleicht von einer früheren Anmeldung und wurde deshalb ignoriert. Um dich anzumelden, beginne in {app} noch einmal.',
    },
    state_used: {
      heading: 'Dieser Anmeldelink wurde schon verwendet',
      message: 'Hier ist nichts weiter zu tun. Du kannst dieses Fenster schließen und in {app} weitermachen.',
    },
    sign_in_ended: {
      heading: 'Diese Anmeldung ist beendet',
      message: 'Sie wurde abgebrochen oder hat nicht geklappt. Um dich anzumelden, beginne in {app} noch einmal.',
    },
    malformed: {
      heading: 'Die Antwort war nicht lesbar',
      message: 'Der Anmeldedienst hat etwas Unverständliches geschickt. Versuche es in {app} noch einmal.',
    },
    wrong_issuer: {
      heading: 'Antwort von einem unerwarteten Dienst',
      message:
        'Die Antwort kam nicht vom erwarteten Anmeldedienst. Zu deiner Sicherheit wurde sie ignoriert. Beginne in {app} noch einmal.',
    },
    nothing: {
      heading: 'Hier gibt es nichts zu tun',
      message: 'Diese Seite gehört zu {app} und nimmt Anmeldungen entgegen. Du kannst sie schließen.',
    },
    unreachable: {
      heading: 'Keine Verbindung zu {app}',
      message: 'Die App wurde vielleicht geschlossen oder wartet nicht mehr. Beginne in {app} noch einmal.',
    },
    no_script: {
      heading: 'JavaScript wird benötigt',
      message:
        'Um die Anmeldung abzuschließen, schalte JavaScript für diese Seite ein und lade sie neu. Oder kopiere die Adresse dieser Seite, wenn du in {app} danach gefragt wirst.',
    },
    too_large: {
      heading: 'Zu viele Cookies',
      message:
        'Dein Browser hat zu viele Cookies mitgeschickt. Sie stammen von anderen Apps unter dieser Adresse. Öffne ein privates Fenster oder lösche die Cookies für diese Adresse und versuche es noch einmal.',
    },
    bad_request: {
      heading: 'Diese Anfrage kann nicht beantwortet werden',
      message: 'Die Adresse ist vielleicht unvollständig oder beschädigt. Beginne in {app} noch einmal.',
    },
    error_without_state: {
      heading: 'Der Anmeldedienst hat einen Fehler gemeldet',
      message:
        'Er hat nicht angegeben, zu welcher Anmeldung der Fehler gehört. Deshalb wurde der Fehler ignoriert. Wenn du dich gerade anmelden wolltest, beginne in {app} noch einmal.',
    },
    foreign_host: {
      heading: 'Unbekannte Adresse',
      message:
        'Diese Seite wurde unter einer Adresse geöffnet, die von {app} nicht verwendet wird. Beginne in {app} noch einmal und prüfe die Adresse, falls ein Tunnel oder Proxy dazwischenliegt.',
    },
    not_forwarded: {
      heading: 'Die Anmeldung wurde nicht weitergegeben',
      message:
        'Der Browser hat sie nicht bis zu {app} durchgelassen. Eine Erweiterung oder eine Datenschutzeinstellung kann die Ursache sein. Versuche es in einem privaten Fenster oder in einem anderen Browser noch einmal.',
    },
    copy_address: {
      heading: 'Adresse kopieren',
      message:
        'Kopiere die Adresse dieser Seite mit der Schaltfläche und füge sie dort ein, wo du in {app} danach gefragt wirst.',
    },
    address_copied: {
      heading: 'Adresse kopiert',
      message: 'Füge sie jetzt dort ein, wo du in {app} danach gefragt wirst.',
    },
    close_window: { heading: 'Strg+W', message: 'Um dieses Fenster zu schließen, drücke {keys}.' },
  },
};
