"""First names that are taken for names in any letter case; those that are words too (rosa, will, grace) are not."""

from typing import Final

_LISTED: Final = """
    adam adele alan alberto alessandra alessandro alessia alessio alexander alexandra alice amanda amelia andrea
    andrew angela angelo anna anne annalisa antonella antonio arianna arturo barbara beatrice benedetta benjamin
    bernd brian bruno camilla carla carlo carlos carmela caroline caterina catherine charlotte christian
    christine christopher cinzia claire claudia claudio cristina cristiano daniel daniela daniele dario david
    davide debora deborah diana diego domenico donatella edoardo eleanor elena eleonora elisa elisabetta
    elizabeth emily emma enrico erica ernesto ettore eugenio eva fabio fabrizio federica federico filippo flavia
    flavio francesca francesco francis gabriele gabriella gaetano gennaro george gerardo giacomo giancarlo
    gianluca gianni giorgia giorgio giovanna giovanni giulia giuliana giuliano giulio giuseppe giuseppina guido
    gustavo hannah hans heather helen henry ida ignazio ilaria irene isabella ivan jack jacob james jane
    jennifer jessica joanna john jonathan jorge joseph joshua juan julia julie karen katherine kevin kimberly
    klaus laura lauren leonardo letizia linda lisa lorenzo luca lucia luciana luciano lucy ludovica luigi luisa
    manuela marcello marco margaret margherita maria mariangela marina mario marta martha martin martina massimo
    matilde matteo matthew maurizio mauro megan melissa michael michela michele michelle miguel mirella monica
    nadia natalia nicholas nicola nicole nicoletta nina oliver olivia oscar paola paolo pasquale patricia
    patrizia patrick paul pedro peter philip pierluigi piero pietro raffaele raffaella rebecca renato riccardo
    richard rita robert roberta roberto romano rosanna rosaria rossella salvatore samantha samuel sandra sara
    sarah sebastiano serena sharon silvia silvio simon simona simone sofia sonia sophie stefania stefano
    stephanie stephen steven susan susanna teresa thomas timothy tiziana tommaso umberto valentina valeria
    valerio vanessa veronica victoria vincenzo vittoria vittorio walter william wolfgang
"""

FIRST_NAMES: Final = tuple(_LISTED.split())
