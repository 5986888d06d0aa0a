import type { PageLanguage } from '../language.js';

/** French. */
export const language: PageLanguage = {
  lang: 'fr',
  dir: 'ltr',
  app: 'l’application',
  detailLabel: 'Message du service de connexion',
  codeLabel: 'Code d’erreur :',
  helpLabel: 'Obtenir de l’aide',
  texts: {
    pending: { heading: 'Connexion en cours', message: 'Un instant, s’il vous plaît.' },
    finishing: {
      heading: 'Finalisation de la connexion',
      message: 'Encore un instant, {app} termine votre connexion.',
    },
    return_to_app: {
      heading: 'Retournez dans {app}',
      message: 'Votre connexion a été transmise. Vous verrez le résultat dans {app}.',
    },
    success: {
      heading: 'Connexion réussie',
      message: 'Vous pouvez fermer cette fenêtre et retourner dans {app}.',
    },
    denied: {
      heading: 'Connexion annulée',
      message: 'L’accès n’a pas été autorisé, rien n’a donc été partagé. Vous pouvez fermer cette fenêtre.',
    },
    refused: {
      heading: 'La connexion n’a pas abouti',
      message: 'Le service de connexion a signalé une erreur. Retournez dans {app} et réessayez.',
    },
    failed: {
      heading: 'La connexion n’est pas terminée',
      message:
        'Le service de connexion a donné son accord, mais {app} n’a pas pu terminer la connexion. Retournez dans {app} et réessayez.',
    },
    state_foreign: {
      heading: 'Aucune connexion en attente ici',
      message:
        'Cette page vient peut-être d’une connexion précédente, elle a donc été ignorée. Pour vous connecter, recommencez depuis {app}.',
    },
    state_used: {
      heading: 'Ce lien de connexion a déjà été utilisé',
      message: 'Il n’y a plus rien à faire ici. Vous pouvez fermer cette fenêtre et retourner dans {app}.',
    },
    sign_in_ended: {
      heading: 'Cette connexion est terminée',
      message: 'Elle a été annulée ou n’a pas abouti. Pour vous connecter, recommencez depuis {app}.',
    },
    malformed: {
      heading: 'Réponse illisible',
      message: 'La réponse du service de connexion n’a pas pu être comprise. Retournez dans {app} et réessayez.',
    },
    wrong_issuer: {
      heading: 'Réponse d’un service inattendu',
      message:
        'La réponse ne vient pas du service de connexion attendu. Par sécurité, elle a été ignorée. Recommencez depuis {app}.',
    },
    nothing: {
      heading: 'Rien à faire ici',
      message: 'Cette page reçoit les connexions pour {app}. Vous pouvez la fermer.',
    },
    unreachable: {
      heading: 'Impossible de joindre {app}',
      message: 'L’application a peut-être été fermée ou n’attend plus de réponse. Recommencez depuis {app}.',
    },
    no_script: {
      heading: 'JavaScript est nécessaire',
      message:
        'Pour terminer la connexion, activez JavaScript pour cette page, puis rechargez-la. Vous pouvez aussi copier l’adresse de cette page dans {app} si on vous la demande.',
    },
    too_large: {
      heading: 'Trop de cookies',
      message:
        'Votre navigateur a envoyé trop de cookies, laissés par d’autres applications à cette adresse. Ouvrez une fenêtre de navigation privée ou effacez les cookies de cette adresse, puis réessayez.',
    },
    bad_request: {
      heading: 'Impossible de répondre à cette demande',
      message: 'L’adresse est peut-être incomplète ou endommagée. Recommencez depuis {app}.',
    },
    error_without_state: {
      heading: 'Le service de connexion a signalé une erreur',
      message:
        'Il n’a pas indiqué de quelle connexion il s’agit, l’erreur a donc été ignorée. Si vous étiez en train de vous connecter, recommencez depuis {app}.',
    },
    foreign_host: {
      heading: 'Adresse inconnue',
      message:
        'Cette page a été ouverte à une adresse que {app} n’utilise pas. Recommencez depuis {app}, et vérifiez l’adresse si vous passez par un tunnel ou un proxy.',
    },
    not_forwarded: {
      heading: 'La connexion n’a pas été transmise',
      message:
        'Le navigateur l’a empêchée d’atteindre {app}. Une extension ou un réglage de confidentialité peut en être la cause. Réessayez dans une fenêtre de navigation privée ou dans un autre navigateur.',
    },
    copy_address: {
      heading: 'Copier l’adresse',
      message: 'Copiez l’adresse de cette page avec le bouton, puis collez-la là où {app} la demande.',
    },
    address_copied: { heading: 'Adresse copiée', message: 'Collez-la maintenant là où {app} la demande.' },
    close_window: { heading: 'Ctrl+W', message: 'Pour fermer cette fenêtre, appuyez sur {keys}.' },
  },
};
