import type { PageLanguage } from '../language.js';

/** Polish. */
export const language: PageLanguage = {
  lang: 'pl',
  dir: 'ltr',
  app: 'aplikacji',
  detailLabel: 'Komunikat usługi logowania',
  codeLabel: 'Kod błędu:',
  helpLabel: 'Uzyskaj pomoc',
  texts: {
    pending: { heading: 'Trwa logowanie', message: 'Zaczekaj chwilę.' },
    finishing: { heading: 'Kończenie logowania', message: 'Zaczekaj chwilę, trwa kończenie logowania do {app}.' },
    return_to_app: {
      heading: 'Wróć do {app}',
      message: 'Logowanie zostało przekazane dalej. Wynik zobaczysz w {app}.',
    },
    success: { heading: 'Zalogowano', message: 'Możesz zamknąć to okno i wrócić do {app}.' },
    denied: {
      heading: 'Logowanie anulowane',
      message: 'Dostęp nie został przyznany, więc niczego nie udostępniono. Możesz zamknąć to okno.',
    },
    refused: {
      heading: 'Logowanie nie powiodło się',
      message: 'Usługa logowania zgłosiła błąd. Wróć do {app} i spróbuj ponownie.',
    },
    failed: {
      heading: 'Logowanie nie zostało ukończone',
      message:
        'Usługa logowania wyraziła zgodę, ale w {app} nie udało się dokończyć logowania. Wróć do {app} i spróbuj ponownie.',
    },
    state_foreign: {
      heading: 'Tutaj nie czeka żadne logowanie',
      message:
        'Ta strona może pochodzić z wcześniejszego logowania, dlatego została zignorowana. Aby się zalogować, zacznij ponownie w {app}.',
    },
    state_used: {
      heading: 'Ten link logowania został już użyty',
      message: 'Nie trzeba tu robić nic więcej. Możesz zamknąć to okno i wrócić do {app}.',
    },
    sign_in_ended: {
      heading: 'To logowanie jest zakończone',
      message: 'Zostało anulowane lub się nie powiodło. Aby się zalogować, zacznij ponownie w {app}.',
    },
    malformed: {
      heading: 'Niezrozumiała odpowiedź',
      message: 'Nie udało się odczytać odpowiedzi usługi logowania. Wróć do {app} i spróbuj ponownie.',
    },
    wrong_issuer: {
      heading: 'Odpowiedź z nieoczekiwanej usługi',
      message:
        'Odpowiedź nie pochodzi z oczekiwanej usługi logowania. Dla Twojego bezpieczeństwa została zignorowana. Zacznij ponownie w {app}.',
    },
    nothing: {
      heading: 'Nic tu nie trzeba robić',
      message: 'Ta strona obsługuje logowanie do {app}. Możesz ją zamknąć.',
    },
    unreachable: {
      heading: 'Brak odpowiedzi z {app}',
      message: 'Być może aplikacja została zamknięta lub już nie czeka. Zacznij ponownie w {app}.',
    },
    no_script: {
      heading: 'Potrzebny jest JavaScript',
      message:
        'Aby dokończyć logowanie, włącz JavaScript dla tej strony i odśwież ją. Możesz też skopiować adres tej strony do {app}, jeśli pojawi się taka prośba.',
    },
    too_large: {
      heading: 'Za dużo plików cookie',
      message:
        'Przeglądarka wysłała za dużo plików cookie. Pochodzą one z innych aplikacji pod tym adresem. Otwórz okno prywatne lub usuń pliki cookie dla tego adresu i spróbuj ponownie.',
    },
    bad_request: {
      heading: 'Nie można odpowiedzieć na to żądanie',
      message: 'Adres może być niepełny lub uszkodzony. Zacznij ponownie w {app}.',
    },
    error_without_state: {
      heading: 'Usługa logowania zgłosiła błąd',
      message:
        'Nie wiadomo, którego logowania dotyczy błąd, dlatego go zignorowano. Jeśli chcesz się zalogować, zacznij ponownie w {app}.',
    },
    foreign_host: {
      heading: 'Nieznany adres',
      message:
        'Ta strona została otwarta pod adresem, który nie należy do {app}. Zacznij ponownie w {app} i sprawdź adres, jeśli połączenie przechodzi przez tunel lub serwer proxy.',
    },
    not_forwarded: {
      heading: 'Logowanie nie zostało przekazane',
      message:
        'Przeglądarka nie przekazała go do {app}. Przyczyną może być rozszerzenie lub ustawienie prywatności. Spróbuj ponownie w oknie prywatnym lub w innej przeglądarce.',
    },
    copy_address: {
      heading: 'Kopiuj adres',
      message: 'Skopiuj adres tej strony za pomocą przycisku i wklej go do {app}, gdy pojawi się taka prośba.',
    },
    address_copied: { heading: 'Adres skopiowany', message: 'Teraz wklej go do {app}.' },
    close_window: { heading: 'Ctrl+W', message: 'Aby zamknąć to okno, naciśnij {keys}.' },
  },
};
