import type { PageLanguage } from '../language.js';

/** A Latin name in right-to-left text, between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE, keeps its own order. */
const isolatedApp = '\u2068{app}\u2069';

/** Hebrew. */
export const language: PageLanguage = {
  lang: 'he',
  dir: 'rtl',
  app: 'האפליקציה',
  detailLabel: 'הודעה משירות ההתחברות',
  codeLabel: 'קוד שגיאה:',
  helpLabel: 'קבלת עזרה',
  texts: {
    pending: { heading: 'מתבצעת התחברות', message: 'רק רגע.' },
    finishing: { heading: 'משלימים את ההתחברות', message: `רק רגע, ההתחברות אל ${isolatedApp} מסתיימת.` },
    return_to_app: {
      heading: `חזרה אל ${isolatedApp}`,
      message: `ההתחברות הועברה הלאה. התוצאה תופיע בתוך ${isolatedApp}.`,
    },
    success: { heading: 'התחברת בהצלחה', message: `אפשר לסגור את החלון ולחזור אל ${isolatedApp}.` },
    denied: {
      heading: 'ההתחברות בוטלה',
      message: 'הגישה לא אושרה, ולכן שום דבר לא שותף. אפשר לסגור את החלון.',
    },
    refused: {
      heading: 'ההתחברות לא הצליחה',
      message: `שירות ההתחברות דיווח על שגיאה. יש לחזור אל ${isolatedApp} ולנסות שוב.`,
    },
    failed: {
      heading: 'ההתחברות לא הושלמה',
      message: `שירות ההתחברות אישר, אבל לא ניתן היה להשלים את ההתחברות אל ${isolatedApp}. יש לחזור אל ${isolatedApp} ולנסות שוב.`,
    },
    state_foreign: {
      heading: 'אין כאן התחברות שממתינה',
      message: `ייתכן שהדף הזה שייך להתחברות קודמת, ולכן לא טופל. כדי להתחבר, יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    state_used: {
      heading: 'כבר נעשה שימוש בקישור ההתחברות הזה',
      message: `אין כאן עוד מה לעשות. אפשר לסגור את החלון ולחזור אל ${isolatedApp}.`,
    },
    sign_in_ended: {
      heading: 'ההתחברות הזו הסתיימה',
      message: `היא בוטלה או לא הצליחה. כדי להתחבר, יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    malformed: {
      heading: 'לא ניתן לקרוא את התשובה',
      message: `שירות ההתחברות שלח תשובה לא מובנת. יש לחזור אל ${isolatedApp} ולנסות שוב.`,
    },
    wrong_issuer: {
      heading: 'תשובה משירות לא צפוי',
      message: `התשובה לא הגיעה משירות ההתחברות הצפוי. מטעמי אבטחה היא לא טופלה. יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    nothing: {
      heading: 'אין כאן מה לעשות',
      message: `הדף הזה מקבל התחברויות עבור ${isolatedApp}. אפשר לסגור אותו.`,
    },
    unreachable: {
      heading: `אין חיבור אל ${isolatedApp}`,
      message: `ייתכן שהאפליקציה נסגרה או שאינה ממתינה עוד. יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    no_script: {
      heading: 'נדרש JavaScript',
      message: `כדי להשלים את ההתחברות יש להפעיל JavaScript בדף הזה ולטעון אותו מחדש. אפשר גם להעתיק את כתובת הדף אל ${isolatedApp}, אם תופיע בקשה כזו.`,
    },
    too_large: {
      heading: 'יותר מדי קובצי Cookie',
      message:
        'הדפדפן שלח יותר מדי קובצי Cookie, שמקורם באפליקציות אחרות בכתובת הזו. יש לפתוח חלון פרטי או למחוק את קובצי ה-Cookie של הכתובת הזו, ואז לנסות שוב.',
    },
    bad_request: {
      heading: 'לא ניתן לענות על הבקשה הזו',
      message: `ייתכן שהכתובת חלקית או פגומה. יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    error_without_state: {
      heading: 'שירות ההתחברות דיווח על שגיאה',
      message: `השירות לא ציין לאיזו התחברות השגיאה שייכת, ולכן היא לא טופלה. אם ניסית להתחבר, יש להתחיל מחדש מתוך ${isolatedApp}.`,
    },
    foreign_host: {
      heading: 'כתובת לא מוכרת',
      message: `הדף נפתח בכתובת שלא הוגדרה עבור ${isolatedApp}. יש להתחיל מחדש מתוך ${isolatedApp}, ולבדוק את הכתובת אם החיבור עובר דרך מנהרה או שרת פרוקסי.`,
    },
    not_forwarded: {
      heading: 'ההתחברות לא הועברה',
      message: `הדפדפן לא העביר אותה אל ${isolatedApp}. ייתכן שהסיבה היא תוסף או הגדרת פרטיות. אפשר לנסות שוב בחלון פרטי או בדפדפן אחר.`,
    },
    copy_address: {
      heading: 'העתקת הכתובת',
      message: `יש להעתיק את כתובת הדף בעזרת הכפתור ולהדביק אותה בתוך ${isolatedApp}, במקום שבו היא מתבקשת.`,
    },
    address_copied: {
      heading: 'הכתובת הועתקה',
      message: `עכשיו יש להדביק אותה בתוך ${isolatedApp}, במקום שבו היא מתבקשת.`,
    },
    close_window: { heading: 'Ctrl+W', message: 'כדי לסגור את החלון, יש להקיש {keys}.' },
  },
};
