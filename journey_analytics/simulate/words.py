"""The sentences that simulated people write: by language, by tone and by a ticket's subject. None has a line break."""

from typing import Final

SLOW_DAYS: Final = 0.75
"""A ticket that takes longer than this leaves its requester displeased."""

REVIEWS: Final = {
    "en": {
        "positive": (
            "Excellent quality, I am very happy with it. Delivery was fast too.",
            "Love it! Fits perfectly and looks great.",
            "Great product and friendly service, would buy again.",
            "Really good value, comfortable and well made.",
            "Very satisfied: it arrived early and works perfectly.",
        ),
        "neutral": (
            "It is okay, nothing special. It does what it should.",
            "Average. The size is as described, the colour a little darker.",
            "Not bad, not great. I expected a bit more for this price.",
            "Used it twice so far, it does the job.",
        ),
        "negative": (
            "Very disappointed. It broke after a week and support was slow.",
            "Terrible quality, I had to send it back. Never again.",
            "The zip was broken on arrival and nobody answers my messages.",
            "Bad experience: late delivery, wrong size, and a useless help page.",
            "Not good at all. Cheap material and an awful smell.",
        ),
    },
    "it": {
        "positive": (
            "Ottima qualità, sono molto contenta. Anche la consegna è stata veloce.",
            "Lo adoro! Veste alla perfezione ed è bellissimo.",
            "Prodotto eccellente e servizio gentile, lo ricomprerei.",
            "Ottimo rapporto qualità prezzo, comodo e ben fatto.",
            "Molto soddisfatto: è arrivato in anticipo e funziona benissimo.",
        ),
        "neutral": (
            "Va bene, niente di speciale. Fa quello che deve.",
            "Nella media. La taglia è come descritta, il colore un po' più scuro.",
            "Non male, ma per questo prezzo mi aspettavo qualcosa in più.",
            "Usato due volte finora, fa il suo lavoro.",
        ),
        "negative": (
            "Molto delusa. Si è rotto dopo una settimana e l'assistenza è lenta.",
            "Qualità pessima, ho dovuto restituirlo. Mai più.",
            "La cerniera era rotta all'arrivo e nessuno risponde ai miei messaggi.",
            "Brutta esperienza: consegna in ritardo, taglia sbagliata e pagina di aiuto inutile.",
            "Per niente buono. Materiale scadente e un odore orribile.",
        ),
    },
}

OPENINGS: Final = {
    "en": {
        "Where is my order?": (
            "My parcel should have been here days ago and the tracking does not move. Where is it?",
            "I am still waiting for my delivery. Could you tell me where it is?",
        ),
        "Return request": (
            "I would like to send the item back, the size is wrong. How do I get the label?",
            "Please help me to return this, it does not fit.",
        ),
        "Refund not received": (
            "I sent it back two weeks ago and still have no refund. This is annoying.",
            "The refund has not arrived yet. I am quite disappointed.",
        ),
        "Warranty claim": (
            "The seam has opened after two months. Is this covered by the warranty?",
            "It stopped working. I would like to use the warranty, please.",
        ),
        "Item arrived broken": (
            "The item arrived broken. I am very unhappy, please send a new one.",
            "It was damaged in the box, a terrible surprise. What can we do?",
        ),
        "Invoice please": (
            "Could you please send me the invoice for my records?",
            "I need an invoice with my company's address, thank you.",
        ),
        "Is this available in my size?": ("Is this available in size 42? I like it a lot.",),
        "Question about sizing": ("Does it run small? I am between two sizes.",),
        "Advice wanted": ("Which one would you recommend for a week in the mountains?",),
        "Before I buy": ("Before I buy: is it waterproof, and how long does shipping take?",),
        "Availability in store": ("Do you have this in the store in the city centre?",),
        "": ("I have a question, could you help me please?", "Could somebody get back to me, please?"),
    },
    "it": {
        "Where is my order?": (
            "Il pacco doveva arrivare giorni fa e il tracciamento è fermo. Dov'è finito?",
            "Sto ancora aspettando la consegna. Potete dirmi dove si trova?",
        ),
        "Return request": (
            "Vorrei restituire l'articolo, la taglia è sbagliata. Come ottengo l'etichetta?",
            "Vi prego di aiutarmi con il reso, non mi va bene.",
        ),
        "Refund not received": (
            "L'ho rispedito due settimane fa e non ho ancora ricevuto il rimborso. È fastidioso.",
            "Il rimborso non è ancora arrivato. Sono piuttosto deluso.",
        ),
        "Warranty claim": (
            "La cucitura si è aperta dopo due mesi. È coperta dalla garanzia?",
            "Ha smesso di funzionare. Vorrei usare la garanzia, per favore.",
        ),
        "Item arrived broken": (
            "L'articolo è arrivato rotto. Sono molto scontenta, mandatemene uno nuovo.",
            "Era danneggiato nella scatola, una pessima sorpresa. Che si può fare?",
        ),
        "Invoice please": (
            "Potete inviarmi la fattura, per favore?",
            "Mi serve la fattura con l'indirizzo della mia azienda, grazie.",
        ),
        "Is this available in my size?": ("È disponibile nella taglia 42? Mi piace molto.",),
        "Question about sizing": ("Veste piccolo? Sono tra due taglie.",),
        "Advice wanted": ("Quale mi consigliate per una settimana in montagna?",),
        "Before I buy": ("Prima di comprare: è impermeabile, e quanto ci mette la spedizione?",),
        "Availability in store": ("Lo avete nel negozio in centro?",),
        "": ("Ho una domanda, potete aiutarmi?", "Qualcuno può ricontattarmi, per favore?"),
    },
}
"""The opening of a ticket by its subject; the empty subject stands for all others."""

FOLLOW_UPS: Final = {
    "en": {
        "neutral": ("Thanks, one more thing: does this also hold for a second item?", "Thank you, that helps."),
        "negative": (
            "I have been waiting for a whole day. This is really slow and frustrating.",
            "Still no solution. I am disappointed with your support.",
        ),
    },
    "it": {
        "neutral": ("Grazie, ancora una cosa: vale anche per un secondo articolo?", "Grazie, mi è utile."),
        "negative": (
            "Aspetto da un giorno intero. È davvero lento e frustrante.",
            "Ancora nessuna soluzione. Sono deluso dalla vostra assistenza.",
        ),
    },
}

STAFF: Final = {
    "en": ("Thank you for writing, here is what we can do.", "We are sorry for the trouble and have taken care of it."),
    "it": (
        "Grazie per averci scritto, ecco che cosa possiamo fare.",
        "Ci scusiamo per il disagio, abbiamo provveduto.",
    ),
}
GREETING: Final = {"en": "Hello,", "it": "Buongiorno,"}
ABOUT_ORDER: Final = {"en": " My order is {order}.", "it": " Il mio ordine è {order}."}
_SIGNED: Final = {"en": " Best regards, {name}", "it": " Cordiali saluti, {name}"}
_CALL: Final = {"en": " You can call me at {phone}.", "it": " Potete chiamarmi al {phone}."}
_WRITE: Final = {"en": " Please write to {email}.", "it": " Scrivetemi a {email}."}
_SIGNED_SHARE, _CALL_SHARE, _WRITE_SHARE = 0.5, 0.15, 0.1


def tone(score: int) -> str:
    """The tone of a review with this rating (1–5)."""
    return "positive" if score >= 4 else "neutral" if score == 3 else "negative"  # noqa: PLR2004


def signature(language: str, name: str, phone: str, email: str, share: float) -> str:
    """How a ticket's opening ends, by a uniform number: a phone number, an address, a name, or nothing."""
    if share < _CALL_SHARE:
        return _CALL[language].format(phone=phone)
    if share < _CALL_SHARE + _WRITE_SHARE:
        return _WRITE[language].format(email=email)
    return _SIGNED[language].format(name=name) if share < _SIGNED_SHARE else ""
