# -*- coding: utf-8 -*-
# fonctions utiles pour le TP
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class Moyenne:
    """Moyenne glissante d'une quantité (coût, précision...)"""

    def __init__(self):
        self.somme = 0.0
        self.n = 0

    def ajoute(self, valeur, n=1):
        self.somme += valeur * n
        self.n += n

    @property
    def valeur(self):
        return self.somme / max(self.n, 1)


def charge_donnees(chemin, taille_lot, workers=0):
    t = transforms.ToTensor()
    train = datasets.CIFAR10(chemin, train=True, download=True, transform=t)
    test = datasets.CIFAR10(chemin, train=False, download=True, transform=t)
    return (DataLoader(train, batch_size=taille_lot, shuffle=True, num_workers=workers),
            DataLoader(test, batch_size=taille_lot, shuffle=False, num_workers=workers))


def precision(scores, cible):
    return 100.0 * (scores.argmax(dim=1) == cible).float().mean().item()
