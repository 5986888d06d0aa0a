import type { PageLanguage } from '../language.js';

/** Italian. */
export const language: PageLanguage = {
  lang: 'it',
  dir: 'ltr',
  app: 'l’app',
  detailLabel: 'Messaggio del servizio di accesso',
  codeLabel: 'Codice di errore:',
  helpLabel: 'Ottieni assistenza',
  texts: {
    pending: { heading: 'Accesso in corso', message: 'Un momento, per favore.' },
    finishing: { heading: 'Stiamo completando l’accesso', message: 'Un momento, {app} sta completando l’accesso.' },
    return_to_app: {
      heading: 'Torna a usare {app}',
      message: 'Il tuo accesso è stato trasmesso. Apri {app} per vedere il risultato.',
    },
    success: {
      heading: 'Accesso effettuato',
      message: 'Puoi chiudere questa finestra e tornare a usare {app}.',
    },
    denied: {
      heading: 'Accesso annullato',
      message:
        'L’autorizzazione non è stata concessa, quindi non è stato condiviso nulla. Puoi chiudere questa finestra.',
    },
    refused: {
      heading: 'Accesso non riuscito',
      message: 'Il servizio di accesso ha segnalato un errore. Apri {app} e riprova.',
    },
    failed: {
      heading: 'Accesso non completato',
      message:
        'Il servizio di accesso ha dato l’approvazione, ma {app} non è riuscita a completare l’accesso. Apri {app} e riprova.',
    },
    state_foreign: {
      heading: 'Qui non c’è nessun accesso in attesa',
      message:
        'Questa pagina potrebbe appartenere a un accesso precedente, quindi è stata ignorata. Per accedere, apri {app} e ricomincia.',
    },
    state_used: {
      heading: 'Questo link di accesso è già stato usato',
      message: 'Qui non c’è altro da fare. Puoi chiudere questa finestra e tornare a usare {app}.',
    },
    sign_in_ended: {
      heading: 'Questo accesso è terminato',
      message: 'È stato annullato o non è riuscito. Per accedere, apri {app} e ricomincia.',
    },
    malformed: {
      heading: 'Risposta non leggibile',
      message: 'Il servizio di accesso ha inviato qualcosa di incomprensibile. Apri {app} e riprova.',
    },
    wrong_issuer: {
      heading: 'Risposta da un servizio inatteso',
      message:
        'La risposta non proviene dal servizio di accesso previsto. Per la tua sicurezza è stata ignorata. Apri {app} e ricomincia.',
    },
    nothing: {
      heading: 'Niente da fare qui',
      message: 'Questa pagina riceve gli accessi per {app}. Puoi chiuderla.',
    },
    unreachable: {
      heading: 'Impossibile contattare {app}',
      message: 'L’app potrebbe essere stata chiusa o non essere più in attesa. Apri {app} e ricomincia.',
    },
    no_script: {
      heading: 'Serve JavaScript',
      message:
        'Per completare l’accesso, attiva JavaScript per questa pagina e ricaricala. Oppure copia l’indirizzo di questa pagina, se {app} lo chiede.',
    },
    too_large: {
      heading: 'Troppi cookie',
      message:
        'Il browser ha inviato troppi cookie, lasciati da altre app a questo indirizzo. Apri una finestra anonima o cancella i cookie di questo indirizzo, poi riprova.',
    },
    bad_request: {
      heading: 'Impossibile rispondere a questa richiesta',
      message: 'L’indirizzo potrebbe essere incompleto o danneggiato. Apri {app} e ricomincia.',
    },
    error_without_state: {
      heading: 'Il servizio di accesso ha segnalato un errore',
      message:
        'Non ha indicato a quale accesso appartiene l’errore, che quindi è stato ignorato. Se stavi cercando di accedere, apri {app} e ricomincia.',
    },
    foreign_host: {
      heading: 'Indirizzo sconosciuto',
      message:
        'Questa pagina è stata aperta a un indirizzo che {app} non usa. Apri {app} e ricomincia. Controlla l’indirizzo se passi per un tunnel o un proxy.',
    },
    not_forwarded: {
      heading: 'L’accesso non è stato trasmesso',
      message:
        'Il browser gli ha impedito di raggiungere {app}. La causa può essere un’estensione o un’impostazione della privacy. Riprova in una finestra anonima o con un altro browser.',
    },
    copy_address: {
      heading: 'Copia indirizzo',
      message: 'Copia l’indirizzo di questa pagina con il pulsante e incollalo dove {app} lo chiede.',
    },
    address_copied: { heading: 'Indirizzo copiato', message: 'Ora incollalo dove {app} lo chiede.' },
    close_window: { heading: 'Ctrl+W', message: 'Per chiudere questa finestra, premi {keys}.' },
  },
};
