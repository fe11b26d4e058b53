"""Words of one meaning each, as a person would group them; single words or pairs, matched by stem."""

from __future__ import annotations

_TEXT = {
    "cancel": """
        cancel cancellation terminate unsubscribe withdraw scrap void call-off pull-out opt-out give-notice
        notice end-contract close-account not-renew not-need no-longer not-need go-ahead against
        changed-mind change-mind back-out take-off off-list stop-sending quit remove delete discontinue
        another-company not-coming not-come not-want leave-gym out-of
    """,
    "appointment": """
        appointment booking reservation slot meeting visit viewing consultation session lesson interview
        check-up checkup tour table haircut inspection survey walkthrough demo physical cleaning fitting
        opening openings available availability calendar schedule class jab shots mot pickup
    """,
    "arrange": """
        book schedule reschedule rebook arrange rearrange reserve move postpone prepone bring-forward
        push-back set-up squeeze-in fit-in come-in pop-in drop-in pencil-in put-in be-seen see confirm
        confirming running-late late-for minutes-late earlier later instead time-for make-it suit works-for
        pick-up pickup date slot
    """,
    "money": """
        bill invoice statement receipt refund fee fees charge charged charges payment pay paid paying
        overcharged debit credit card account balance deposit cheque check-for bank direct-debit tax vat gst
        owe owed owing transfer price-difference credited credit-note overdue unpaid late-fee installment
        waive reimburse premium rent dollar dollars pound pounds euros cents quid bucks rupees transaction
        deducted withdrawn
    """,
    "paper": """
        receipt invoice statement w-nine certificate copy itemized itemised vat tax
    """,
    "buy": """
        buy purchase order ordering quote quotation estimate price prices pricing cost sell sale sales
        supplier supply supplies deal rate rates discount bulk wholesale trade-price hire rent lease
        brochure catalogue licence license valuation offer services upgrade install replace refurbished
        interested-in looking-for in-market switch package packages leasing figures shopping-around buying
        selling comparing tender contract-for fit-out catering
    """,
    "product": """
        kitchen windows roof tiles fence driveway boiler solar panels van vans vehicle car tractor desks
        chairs flyers cards cakes cake boxes bouquet uniforms shirts machine insurance system software seats
        crane gravel sandwiches marquee band photographer printer carpet curtains sofa
    """,
    "quantity": """
        dozen hundred thousand ton tons tonne metres meters square people guests staff employees pallets
        feet litres kilos pieces units copies pair
    """,
    "fault": """
        break broke broken crack cracked crash crashes freeze freezes frozen fail failed fails failure fault
        faulty leak leaks leaking burst drip drips flood flooded overflow overflowing block blocked clog
        clogged jam jammed jamming stuck stop-working not-work not-start not-turn not-open not-load
        not-print not-connect not-charge not-lock not-close not-flush not-send not-heat error code bug
        glitch problem issue trouble damage damaged flicker flickers grind grinding noise beep beeping
        bleeping trip tripping dead offline down outage out-of cut-out gone-off went-off playing-up
        packed-in keeps-doing reset password login log-in sign-in locked-out permission access corrupted
        missing smashed chipped shattered torn loose rattle squeak smell smells sparks smoke wet damp mould
        rust flat-tyre flat-tire puncture slow dropping disconnect disconnecting wobbly stiff
        lost-connection malfunction no-power no-heat no-signal no-water no-hot hot-air won't expired
        wrong-part blank empty garbled
    """,
    "device": """
        printer copier photocopier computer laptop tablet phone screen router wifi internet network server
        app website portal site file drive email boiler heating heater thermostat radiator furnace ac
        air-conditioning fridge freezer oven dishwasher washing-machine dryer pump pool toilet tap sink
        shower drain pipe pipes roof ceiling lock door gate window alarm camera lift elevator light lights
        lamp socket switch car brake brakes engine tyre tire battery remote software system excel otp
    """,
    "helper": """
        technician engineer plumber electrician locksmith mechanic tow support help repairman repair fix
        mend look-at take-look have-look send-someone send-somebody sort resolve troubleshoot tech catcher
        vet doctor ambulance chap
    """,
    "injury": """
        pain hurt hurts bleed bleeding swollen fever temperature toothache broken-arm fall fell collapsed
        unconscious choking swallowed poison shaking vomiting sick ill dizzy rash burn burned injured
    """,
    "anger": """
        unacceptable ridiculous disgrace disgraceful disgusting disgusted furious livid angry outraged
        outrageous shocking shocked appalling appalled awful terrible horrible dreadful rude worst useless
        pathetic shambles joke complaint complain upset disappointed disappointing fed-up sick-of had-enough
        frustrated frustrating unhappy not-happy not-good annoyed ignored ignoring lied dangerous
        incompetent shoddy careless unprofessional apology apologise demand unbelievable enough-is promised
        fobbed fobbing waste wasted hate scandal stink stinks mess filthy dirty not-bothered no-one nobody
        never-again let-down manager supervisor hung-up hangs-up explain-why
    """,
    "repeat": """
        again third-time fourth-time second-time fifth-time three-times four-times many-times repeatedly
        always every-time still yet-again another-week weeks-now days-now months-now number-times
        number-week number-month day-number times-already keep-getting keep-sending
    """,
    "mishap": """
        cold late wrong ruined lost missed left-outside left-standing thrown stranded waited waiting on-hold
        no-show nobody-came not-show never-came not-turn never-turned never-arrived dirty smashed mud
        spilled damaged cut scratched mold mould noisy overcharged shouted
    """,
    "praise": """
        wonderful fantastic amazing brilliant excellent superb great lovely delicious perfect outstanding
        delighted thrilled pleased impressed grateful love loved adore adored enjoy enjoyed best kind caring
        patient helpful friendly professional gentle terrific fabulous marvellous marvelous spotless treat
        star stars hats-off thumbs-up well-done shout-out compliment compliments congratulations bravo
        five-star recommend pleasure joy beautifully appreciate appreciated happy thankful thank-for
        thanks-for above-beyond triumph wow superb gem legend blessing made-day over-moon brilliant fun
        comfortable impressed kudos praise nice grateful angel angels
    """,
    "suggest": """
        suggestion suggest idea feedback comment input improve improvement would-nice would-better maybe-you
        might-worth worth-considering you-should prefer preferred used-to easier-if better-if opinion
        constructive confusing liked-better miss-old
    """,
    "tell": """
        just-to let-know letting-know to-say inform note reminder remind message heads-up fyi aware tell
        pass-on update-records moved changed new-address new-number ready arrived reached deposited closed
        closing left dropped-back collected pick-up picking-up not-need no-need never-mind ignore
        wrong-number wrong-person found sorted fixed-it all-good is-ready thanks-anyway not-bother off-sick
        off-work home-sick holiday absent absence keeping-home poorly flu
    """,
    "ask": """
        wonder wondering question query inquire enquire inquiry enquiry ask asking curious know whether
        information info details tell-me explain clarify find-out how-much how-long how-many how-far how-old
        how-do what-time what-day what-kind what-size do-you does-the is-there are-there can-i do-i are-you
        who-do where-do when-do when-does who-should understand possible allowed eligible qualify legal
        options need-to-bring documents required open hours include included accept offer
    """,
    "progress": """
        update news word progress status any-news any-update any-word heard hear-back follow-up following
        chase chasing check-in checking-in check-on checking-on get-back returning return-call calling-back
        called-me left-message voicemail waiting-for still-waiting pending application claim results result
        received got-my get-my come-in come-back ready-yet decision decided where-up up-to going-on
        happening heard-anything expedite regarding turned-up went-through come-through spoke discussed
        promised-to you-said said-you you-told tracking arrive arrived shipped
    """,
    "emergency": """
        emergency urgent urgently gas-leak smell-of sparks sparking fire smoke flood flooding flooded burst
        bleeding unconscious collapsed choking swallowed poison chest-pain can-breathe not-breathe break-in
        broke-into stolen hacked fraud arrested snake toddler locked-in locked-out stuck-in trapped pouring
        powerlines ambulance hurry dying ate shaking severe excruciating agony sparking overflowing
        whole-building life-death can-not-get blood
    """,
    "now": """
        now right-now right-away immediately straight-away straightaway at-once asap soon-possible today
        tonight this-morning this-afternoon this-evening arvo tomorrow hour hours quickly fast noon midday
        lunch cutoff close-of close-play first-thing
    """,
    "relaxed": """
        no-rush no-hurry not-urgent no-drama whenever when-you take-time nothing-urgent nothing-serious
        no-need not-end end-world no-worries at-leisure no-problem in-time get-to get-chance till-christmas
        not-complaining
    """,
    "later": """
        next-month next-year end-month end-of in-october in-november in-december december october november
        three-weeks week-on christmas spring summer term
    """,
    "request": """
        please kindly could-you can-you would-you will-you can-someone could-someone can-somebody
        could-somebody can-i could-i may-i can-we could-we i-need we-need i-want we-want would-like
        any-chance i-would expect require wonder wondering is-possible be-possible be-able appreciate-it
        need-to want-to let-me tell-me send-me give-me call-me help-me
    """,
    "question": """
        do-you does-the does-it do-i do-we is-there are-there are-you is-the is-it is-that what-is what-are
        what-time what-do what-would how-much how-do how-long how-many how-can how-about when-is when-will
        when-do when-does where-is where-do who-do which-day is-my are-my has-my have-my did-you did-my
        have-you has-the why-is why-was can-the will-the what-happen
    """,
    "who_comes": """
        send-someone send-somebody send-the send-an send-a come-out come-round somebody-out someone-out
        engineer-round plumber-out
    """,
}


def _pairs(text: str) -> tuple[str, ...]:
    return tuple(word.replace("-", " ") for word in text.split())


CONCEPTS = {concept: _pairs(text) for concept, text in _TEXT.items()}
