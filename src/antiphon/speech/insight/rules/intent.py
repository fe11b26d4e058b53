"""The kind of message by weighted phrases (free-form field; contracts/voicegram.md 5)."""

from __future__ import annotations

import re

_W = tuple[tuple[float, str], ...]
_RULES: dict[str, _W] = {
    "cancellation": (
        (
            4,
            r"(?:like|want|need|wish|have|going|wanting|looking|trying|wants|needs|please|could you"
            r"|can you|kindly)(?: to)?(?: please)? (?:cancel|terminate)(?! (?:my )?appointment and)",
        ),
        (3, r"cancel(?:ling|lation)? (?:of )?(?:my|our|the|a|an|this|that)"),
        (3, r"(?:close|end|stop) (?:my|our|the) (?:account|subscription|membership|contract|direct debit)"),
        (
            3,
            r"(?:call off|won't be renewing|not (?:be )?renew(?:ing)?|don't want to renew|give notice"
            r"|giving notice|unsubscribe|opt out)",
        ),
        (
            3,
            r"don't want (?:it|this|the \w+|my \w+) any ?more|how (?:do|can) (?:i|we) (?:stop|end|cancel"
            r"|close|leave)"
            r"|stop (?:it|the|my) (?:subscription|payments?|plan|service|deliveries)",
        ),
        (1.5, r"cancel\w*"),
    ),
    "complaint": (
        (4, r"(?:formal )?complain(?:t|ts|ing)?"),
        (
            3,
            r"unacceptable|disgrace(?:ful)?|appalling|appalled|shambles|disgusted|a joke|furious|livid"
            r"|outrageous|beyond a joke|rude|dreadful|shocking",
        ),
        (
            2.5,
            r"(?:not|very|extremely|really|so) (?:happy|unhappy|disappointed|disappointing|impressed"
            r"|frustrated|annoyed|upset|angry)|disappointed|fed up|not good enough|let down|sick of"
            r"|best pleased|scunnered|doing my head in|ridiculous",
        ),
        (
            2,
            r"(?:nobody|no one|no-one) (?:\w+ ){0,3}(?:came|called|turned|showed|answered|answers|replied"
            r"|bothered|rang|told|returned)|never (?:turned|showed|came|called|arrived|got back)|(?:third"
            r"|fourth|fifth) time|waste of",
        ),
        (
            2,
            r"worst|terrible(?! \w*(?:ache|pain))|awful|rubbish|useless|thanks for nothing|what a joke"
            r"|another (?:late|missed"
            r"|broken|delay|parcel)|speak to (?:a|your|the) (?:manager|supervisor)",
        ),
        (2.5, r"(?:was|were) (?:told|promised)|you promised|money back"),
        (
            2.5,
            r"(?:got|have|sent|had|gave|given|delivered|brought|received) (?:\w+ ){0,4}wrong|wrong (?:size"
            r"|colou?r|item|order"
            r"|address|one|part|model|thing|meal|dish|product)",
        ),
        (
            3.5,
            r"(?:came|arrived|turned up|delivered|was|were|is) (?:\w+ )?(?:in )?(?:short|late|broken|damaged"
            r"|wrong|cold|dead|smashed|faulty)(?: again)?(?! (?:and|for|at) (?:i|my))",
        ),
        (1.5, r"cold food|(?:was|were|is) (?:filthy|dirty|cold|stale|damaged|ruined)|on hold for"),
    ),
    "billing": (
        (3, r"(?:invoice|bill|billing|statement|direct debit|receipt)s?"),
        (3, r"(?:charged|billed|debited|overcharged|overpaid|refund(?:ed)?)"),
        (
            2,
            r"(?:pay|payment|paid|paying|balance|(?:my|by|with|credit|debit|bank|the) card"
            r"|accounts (?:team|department)|vat|tax|deposit back|my account is|fee|fees"
            r"|late fee)",
        ),
        (1.5, r"twice"),
    ),
    "scheduling": (
        (
            4,
            r"(?:re ?schedule|(?:book|make|arrange|schedule|set up|get|change|move|confirm|postpone"
            r"|rearrange|re-arrange|bring forward) (?:in )?(?:an?|my|the|our|his|her|in"
            r"|for)? ?(?:\w+ ){0,3}?(?:appointments?|visit|viewing|meeting|reservation|booking|table|slot"
            r"|inspection|check ?-?up|cleaning|tour|lesson|consultation|session|interview|mot|service|time"
            r"|room|survey|jab|slot)|(?:get|fit|squeeze|be seen|come)(?: \w+)? (?:in|round|over"
            r"|out)? ?(?:today|tomorrow|this week))",
        ),
        (
            2.5,
            r"appointments?|reservation|viewing|book (?:a|an|the|in|us|me)|come (?:out|round|over"
            r"|by) (?:on|to|and|this|next|tomorrow|and)|pencil me in|prepone|push (?:it|the|my|our)"
            r"|table for|slot",
        ),
        (
            1.5,
            r"what time|available|availability|any ?(?:time|day) (?:next|this|on)|fit (?:me|us|him|her) in"
            r"|running late|pick(?:ed)? up|drop off",
        ),
    ),
    "support": (
        (
            3,
            r"(?:not|isn't|stopped|won't|doesn't|don't|aren't|hasn't|keeps|can't|cannot|couldn't"
            r"|unable to|not able to|wouldn't|never) (?:\w+ ){0,2}?(?:work\w*|load\w*|turn(?:ing)? on"
            r"|start\w*|open\w*|connect\w*|log ?(?:ging )?in|sign(?:ing)? in|login|access|install\w*"
            r"|sync\w*|print\w*|crash\w*|freez\w*|reset|update|see (?:my|the|any)|heat\w*|flush\w*"
            r"|drain\w*|charge\w*|send)",
        ),
        (
            3,
            r"(?:locked out|error (?:message|code)?|broken|broke down|broken down|burst|leak(?:ing|s|y)?"
            r"|flood(?:ing|ed)?|crash(?:ed|es|ing)|blocked|faulty|went off|gone off|cut out|tripping"
            r"|password|dripping|overflowing|playing up|on the blink|on the fritz|packed in|conked out"
            r"|jammed|stuck)",
        ),
        (
            3,
            r"(?:no|without) (?:heating|hot water|power|electricity|internet|water|signal|wifi|heat)"
            r"|(?:server|system|site|website|network|internet|dashboard|line|app|portal)(?:'s| is"
            r"| has been| has| went| are|'s been)? (?:gone )?(?:down|dead|slow)",
        ),
        (
            2.5,
            r"keeps? (?:on )?\w+ing|mak(?:es|ing) an? (?:\w+ )*?noise|(?:shows|showing|says|saying|gives"
            r"|giving) (?:an? |me )?"
            r"(?:error|code|message)|power (?:cut|outage)|alarm is|(?:can't|cannot|unable to"
            r"|won't let me) (?:get|find"
            r"|use|make|reach|download|view|change|add|delete|play|hear)|does nothing|nothing happens"
            r"|no (?:\w+ )?(?:confirmation|email|code|receipt|sound|picture)|didn't (?:get|receive"
            r"|come through|go through)",
        ),
        (2, r"(?:problem|issue|trouble|fault|bug|glitch)s?(?: with)?"),
        (
            1.5,
            r"fix|repair|help me|reset|troubleshoot|technician|how do i|set up my|damaged|emergency"
            r"|toothache|in (?:a lot of |severe )?pain|swollen|chipped|bleeding|smell of gas|stuck"
            r"|locked (?:in|out)|send (?:someone|somebody|an? (?:\w+ )?(?:engineer|plumber"
            r"|electrician|technician|tow truck|locksmith|mechanic))|come (?:out|round|over|and) ",
        ),
        (
            2.5,
            r"(?:is|was|were|came|comes|are|it's) (?:\w+ )?(?:empty|blank|missing|corrupt(?:ed)?|dead"
            r"|garbled|broken)"
            r"|re-?sen[dt]|sen[dt](?:ing)? (?:\w+ ){0,3}again|not showing(?: up)?|won't let me"
            r"|no longer works",
        ),
    ),
    "sales": (
        (
            4,
            r"(?:get|have|like|need|want|provide|send|after|looking for|give \w+) (?:me |us )?(?:an? "
            r"|your )?(?:\w+ ){0,2}?(?:quote|quotation|estimate|proposal|demo|demonstration|trial)",
        ),
        (
            3,
            r"(?:interested in|looking to|want to|like to|would love to|wish to|need to|thinking (?:of"
            r"|about)|keen to|hoping to|considering) (?:buy|order|purchas|upgrad|hir|rent|sign|instruct"
            r"|switch|commission|sell|list|tak)\w*",
        ),
        (
            3,
            r"place an order|buy|purchase|order (?:another|more|some|a|two|three|ten|twenty|fifty|hundred"
            r"|\d+)|quote|quotation|bulk|wholesale|licen[cs]es?|upgrade|special offer|we offer"
            r"|our services|seats",
        ),
        (4, r"sales (?:manager|team|rep|person|department|people)"),
        (
            3.5,
            r"we (?:can |could )?(?:offer|provide|specialise|specialize|supply|help businesses)"
            r"|if you(?:'re| are) interested"
            r"|cheaper|better deal|save you money|introduce (?:our|my)|partner(?:ship)? opportunity",
        ),
        (2.5, r"(?:best|bulk|trade) (?:rate|price|deal)s?|place an? (?:\w+ )?order|\d+ boxes|your rates"),
        (1, r"pricing|price|cost|discount"),
    ),
    "follow-up": (
        (
            4,
            r"follow(?:ing)? ?-?up|chas(?:e|ing)(?: up)?|any (?:update|news|word|progress)|(?:an|for"
            r"|the latest|status) update|checking (?:in|on|up|the status|whether|to see)|status of"
            r"|where (?:is|are|we are|things are|things stand)|still waiting|haven't heard"
            r"|not heard (?:back|anything)|returning (?:your|a|the) call|calling (?:you )?back"
            r"|as discussed|we spoke|our conversation|get back to you|touching base|circling back|tracking"
            r"|you asked (?:me|for)|remind(?:er|ing)?|(?:regarding|concerning"
            r"|about) my (?:\w+ )?(?:application|claim|file|case|order|request|quote"
            r"|enquiry|complaint|refund|repair|visa|passport|paperwork)|(?:is|are|if|whether) (?:my|our"
            r"|the|it|they) "
            r"(?:\w+ ){0,3}(?:ready|done|finished|shipped|arrived|gone through)"
            r"|confirm (?:that )?you(?:'ve| have)? (?:received|got|have)",
        ),
        (
            2,
            r"(?:applied|sent|ordered|emailed|enquired|dropped off|left a message|came in"
            r"|submitted) (?:\w+ ){0,6}(?:last|ago|yesterday|on (?:mon|tues|wednes|thurs|fri|satur"
            r"|sun)day)|hasn't (?:arrived|come)|not arrived",
        ),
    ),
    "feedback": (
        (
            4,
            r"(?:just )?(?:wanted|want|like|calling|ringing|phoning|love|call|ring"
            r"|wish) to (?:just )?(?:say(?! (?:happy|hello|hi))|express|pass on|thank"
            r"|compliment)(?: (?:a )?(?:huge |big "
            r"|massive )?(?:thank|thanks|how|well done|cheers|that|my|our|i am|we))?|(?:huge|big|massive"
            r"|many) thanks? (?:you )?(?:to|for)|thank you so much for|thanks (?:so much |very much "
            r"|a million )?for (?:\w+ing|the|all|your(?! (?:patience|help|time|call|message|reply))|fixing"
            r"|coming|being)",
        ),
        (
            3,
            r"(?:was|were|is|are|been) (?:just |absolutely |really |so |simply |truly )*(?:wonderful"
            r"|fantastic"
            r"|amazing|brilliant|excellent|superb|spotless|delicious|outstanding|lovely|perfect)",
        ),
        (
            3,
            r"feedback|suggestion|suggest|above and beyond|keep up the good work|couldn't be happier"
            r"|delighted|chuffed|well done|recommend you|best (?:meal|service|stay|experience)|loved"
            r"|(?:brilliant|fantastic|excellent|wonderful|great|amazing) (?:job|service|work|stay|meal"
            r"|evening|time|experience|team)|my only (?:comment|thought)|it would be (?:nice|good"
            r"|better) if",
        ),
    ),
    "information": (
        (
            3,
            r"let (?:\w+ ){1,3}know (?:that|i|we|he|she)|(?:just )?letting you know|to let you know"
            r"|for your information"
            r"|heads up|just to say (?:i|we|that)|no need to reply|don't worry about|we found",
        ),
    ),
    "inquiry": (
        (
            2.5,
            r"(?:do|does|did|are|is|have|can(?! you)|would(?! you)|will(?! you)) (?:you|it|they|there|your"
            r"|the|we|i|dogs|children"
            r"|kids) (?:\w+ ){0,3}?(?:have|offer|do|sell|stock|take|accept|open|deliver|provide|ship|allow"
            r"|any|cover|include|need|still|available|teach|run|speak|parking|allowed|bring|cater|know)",
        ),
        (
            2.5,
            r"(?:what|when|how|where|which|whether|who) (?:time|are|is|do|does|much|many|long|far|kind"
            r"|your|would|the|you|can|should|i|it|documents|sizes?)",
        ),
        (
            2.5,
            r"(?:question|inquir\w*|enquir\w*|wondering|like to know|find out|information|info|details"
            r"|doubt|brochure|price list|prospectus|leaflet|know if|know whether|ask (?:about|if|whether"
            r"|what)|curious|opening hours|wanted to ask|more about)",
        ),
        (1, r"(?:send|tell|explain)|could you|can you|interested in"),
    ),
}
_COMPILED = {
    intent: tuple(
        (weight, re.compile(rf"(?<![\w'])(?:{pattern})(?![\w])", re.IGNORECASE)) for weight, pattern in rules
    )
    for intent, rules in _RULES.items()
}
_CALL_ME = re.compile(r"\b(?:call|ring|phone) me\b|\bget back to me\b", re.IGNORECASE)
_BARE_CALL_WORDS = 20
_CLEAR_FAULT = 2.5
_CLEAR_BILL = 2
NO_REQUEST = "information"


def intent_scores(text: str) -> dict[str, float]:
    """Weight per intent; a phrase counts once however often it is said."""
    return {
        intent: sum(weight for weight, pattern in rules if pattern.search(text))
        for intent, rules in _COMPILED.items()
    }


def find_intent(text: str, *, negative: bool, positive: bool, requests: int) -> str:
    """The intent with the highest weight; earlier in the list of rules wins a tie."""
    scores = intent_scores(text)
    if negative and (scores["complaint"] > 0 or scores["support"] < _CLEAR_FAULT):
        scores["complaint"] += 1.5 if scores["billing"] >= _CLEAR_BILL else 2.5
    if not negative:
        scores["complaint"] *= 0.5
    if not positive:
        scores["feedback"] *= 0.5
    if requests:
        scores["feedback"] *= 0.8
    if requests and re.search(r"\b(?:quote|quotation|estimate)\b", text, re.IGNORECASE):
        scores["support"] *= 0.6
    intent = max(scores, key=lambda name: scores[name])
    if scores[intent] < 1:
        if requests and _CALL_ME.search(text) and len(text.split()) <= _BARE_CALL_WORDS:
            return "follow-up"
        return "inquiry" if requests else NO_REQUEST
    return intent
